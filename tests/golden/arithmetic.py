"""What the generators of golden vectors share: binary32 and binary16 arithmetic on Python floats, the inputs that
README.md describes, and the output. Standard library only, and nothing of the C++ code.

A Python float is a binary64. A sum, difference, product or quotient of two binary32 values, rounded to binary64 and
then to binary32, equals the one rounded to binary32 at once (53 >= 2·24 + 2), so f32(a * b) is one IEEE operation."""
import hashlib
import json
import struct


def f32(x):
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def f16(x):
    try:
        return struct.unpack("<e", struct.pack("<e", x))[0]
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def clamp(x, low, high):
    return min(max(x, low), high)


def floats(values):
    return struct.pack("<%df" % len(values), *values)


def bit_stream(codes, bits):
    """Codes one after another from the low bit up, padded with zeros to a whole byte: an integer's bytes."""
    joined = 0
    for index, code in enumerate(codes):
        joined |= code << (index * bits)
    return joined.to_bytes((len(codes) * bits + 7) // 8, "little")


class XorShift32:
    def __init__(self, seed):
        self.state = seed

    def draw(self):
        s = self.state
        s ^= s << 13 & 0xFFFFFFFF
        s ^= s >> 17
        s ^= s << 5 & 0xFFFFFFFF
        self.state = s
        return s

    def uniform(self):
        return ((self.draw() >> 8) - 8388608) / 8388608


def uniform(seed, count):
    random = XorShift32(seed)
    return [random.uniform() for _ in range(count)]


def heavy():
    random = XorShift32(3)
    values = []
    for _ in range(8192):
        u = random.uniform()
        w = random.uniform()
        values.append(f32(f32(u / f32(1.0009765625 - abs(w))) * 0.0625))
    return values


def outlier():
    values = [u / 128 for u in uniform(5, 8192)]
    for r in range(8):
        values[r * 1024 + (r * 131 + 7) % 1024] = -8.0 if r % 2 else 8.0
    return values


def constant():
    runs = [[0.1, 0.1], [-0.1, -0.1], [0.3, -0.3], [1.0, 1.0]]
    return [f32(runs[i // 256 % 4][i % 2]) for i in range(8192)]


# name: (row length, values)
CASES = {
    "uniform": (1024, uniform(1, 8192)),
    "heavy": (1024, heavy()),
    "zeros": (1024, [0.0] * 8192),
    "outlier": (1024, outlier()),
    "constant": (1024, constant()),
    "short": (150, uniform(9, 450)),
}

# Few values, all bytes in the file: signs of zero, subnormals, ties, the largest finite ones, an odd count.
SMALL = {
    "plain": (5, [1.0, -0.5, 0.25, -0.0, -1.0, 0.0, 0.0, 0.0, -0.0, 0.0]),
    "ties": (7, [7.0, 0.5, 1.5, 2.5, -0.5, -1.5, -6.5]),
    "tiny": (5, [1e-40, -1e-45, 3e-39, 1e-38, -2e-38, 1e-7, -3e-7, 5e-7, 2e-6, -1e-6]),
    "huge": (5, [3.4028234663852886e38, -3.4028234663852886e38, 1e30, 65504.0, -1.0]),
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def vectors(format_id, codec, cases=CASES, small=SMALL):
    """codec(values, row_length) gives (bytes, decoded values)."""
    result = []
    for name, (row_length, values) in cases.items():
        encoded, decoded = codec(values, row_length)
        result.append({"format": format_id, "case": name, "row_length": row_length,
                       "encoded_sha256": sha256(encoded), "decoded_sha256": sha256(floats(decoded))})
    for row_length, values in small.values():
        values = [f32(v) for v in values]
        encoded, decoded = codec(values, row_length)
        result.append({"format": format_id, "row_length": row_length, "values": floats(values).hex(),
                       "encoded": encoded.hex(), "decoded": floats(decoded).hex()})
    return result


def write(path, source, found):
    with open(path, "w") as file:
        file.write('{\n"source": %s,\n"vectors": [\n' % json.dumps(source))
        file.write(",\n".join(json.dumps(vector) for vector in found))
        file.write("\n]\n}\n")
