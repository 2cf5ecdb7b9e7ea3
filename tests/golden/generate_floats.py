"""Golden vectors of the small float formats: f8_*, mx*, nvfp4_tensor, nf4, fp4 and their doubly quantized kin, from
core/formats/*.cpp's prose, OCP's specifications and bitsandbytes' rules: python3 tests/golden/generate_floats.py

Elements are rounded by exact rational arithmetic over the list of all values of the type, scales by the rules' own words
(logarithms as comparisons with exact powers of two)."""
import bisect
import math
import os
import struct
from fractions import Fraction

from arithmetic import CASES, SMALL, bit_stream, f32, vectors, write

# --- element types: the values of the non-negative codes, from sign, exponent and mantissa -----------------------------------


def values_of_type(exponent, mantissa, bias, count):
    values = []
    for code in range(count):
        e, m = divmod(code, 1 << mantissa)
        if e == 0:
            values.append(Fraction(m, 1 << mantissa) * Fraction(2) ** (1 - bias))
        else:
            values.append((1 + Fraction(m, 1 << mantissa)) * Fraction(2) ** (e - bias))
    return values


class Element:
    def __init__(self, bits, exponent, mantissa, bias, count):
        self.bits = bits
        self.mantissa = mantissa
        self.values = values_of_type(exponent, mantissa, bias, count)
        self.largest = self.values[-1]
        self.emax = math.floor(math.log2(self.largest))

    def code(self, x):
        """Nearest, ties to the even code, saturating; the sign bit is that of x."""
        sign = (1 << (self.bits - 1)) if math.copysign(1, x) < 0 else 0
        x = abs(Fraction(x)) if math.isfinite(x) else self.largest
        upper = bisect.bisect_left(self.values, x)
        if upper == len(self.values):
            return sign | upper - 1
        if upper == 0 or self.values[upper] == x:
            return sign | upper
        below, above = x - self.values[upper - 1], self.values[upper] - x
        if below == above:
            return sign | (upper if upper % 2 == 0 else upper - 1)
        return sign | (upper - 1 if below < above else upper)

    def value(self, code):
        magnitude = float(self.values[code & ((1 << (self.bits - 1)) - 1)])
        return -magnitude if code >> (self.bits - 1) else magnitude


E2M1 = Element(4, 2, 1, 1, 8)
E2M3 = Element(6, 2, 3, 1, 32)
E3M2 = Element(6, 3, 2, 3, 32)
E4M3 = Element(8, 4, 3, 7, 127)
E5M2 = Element(8, 5, 2, 15, 124)


def quotient(a, b):
    """IEEE binary32 division of two binary32 values."""
    return f32(a / b)


# --- f8 --------------------------------------------------------------------------------------------------------------------


def f8_codec(element, per_row):
    def run(values, row_length):
        encoded, decoded = b"", []
        step = row_length if per_row else len(values)
        for i in range(0, len(values), step):
            part = values[i:i + step]
            scale = quotient(max(abs(v) for v in part), float(element.largest))
            codes = [element.code(quotient(v, scale)) if scale else 0 for v in part]
            encoded += struct.pack("<f", scale) + bytes(codes)
            decoded += [f32(element.value(c) * scale) for c in codes]
        return encoded, decoded
    return run


# --- mx --------------------------------------------------------------------------------------------------------------------


def floor_log2(x):
    return math.frexp(x)[1] - 1


def ceil_log2(x):
    mantissa, exponent = math.frexp(x)
    return exponent - 1 if mantissa == 0.5 else exponent


def mx_exponent(rule, element, absmax):
    if absmax == 0:
        return -127
    if rule == "floor":
        exponent = floor_log2(absmax) - element.emax
    elif rule == "even":
        # to `mantissa` bits after the leading one, halves up: only a carry into the next binade matters
        binade = Fraction(2) ** floor_log2(absmax)
        carried = Fraction(absmax) / binade + Fraction(1, 2 << element.mantissa) >= 2
        exponent = floor_log2(absmax) + int(carried) - element.emax
    elif rule == "ceil":
        exponent = ceil_log2(absmax) - element.emax
    else:
        ratio = quotient(absmax, float(element.largest))
        exponent = ceil_log2(ratio) if ratio else -127
    return min(max(exponent, -127), 127)


def mx_codec(rule, element):
    def run(values, _):
        encoded, decoded = b"", []
        for i in range(0, len(values), 32):
            block = values[i:i + 32]
            exponent = mx_exponent(rule, element, max(abs(v) for v in block))
            codes = [element.code(v * 2.0 ** -exponent) for v in block]  # a power of two: exact in binary64
            encoded += bytes([exponent + 127]) + bit_stream(codes, element.bits)
            decoded += [f32(element.value(c) * 2.0 ** exponent) for c in codes]
        return encoded, decoded
    return run


# --- nvfp4 with a tensor scale ---------------------------------------------------------------------------------------------


def nvfp4_codec(values, _):
    multiplier = min(quotient(2688.0, max(max(abs(v) for v in values), 2.0 ** -126)), 3.4028234663852886e38)
    encoded, decoded = struct.pack("<f", multiplier), []
    for i in range(0, len(values), 16):
        block = values[i:i + 16]
        scale_code = E4M3.code(f32(multiplier * quotient(max(abs(v) for v in block), 6.0)))
        if scale_code == 0:
            scale_code = E4M3.code(0.125)
        scale = quotient(E4M3.value(scale_code), multiplier)
        codes = [E2M1.code(quotient(v, scale)) for v in block]
        encoded += bytes([scale_code]) + bit_stream(codes, 4)
        decoded += [f32(E2M1.value(c) * scale) for c in codes]
    return encoded, decoded


# --- bitsandbytes ----------------------------------------------------------------------------------------------------------

NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
       -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
       0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
NF4_MIDPOINTS = [f32(f32(a + b) / 2) for a, b in zip(NF4, NF4[1:])]

FP4_TWELFTHS = [0, 0.0625, 8, 12, 4, 6, 2, 3]
FP4 = [f32(t / 12) for t in FP4_TWELFTHS] + [f32(-t / 12) for t in FP4_TWELFTHS]
FP4[8] = 0.0
FP4_ORDER = sorted(range(8), key=lambda code: FP4[code])
FP4_THRESHOLDS = [f32(t) for t in (0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333)]


def nf4_code(x):
    return bisect.bisect_left(NF4_MIDPOINTS, x)


def fp4_code(x):
    return FP4_ORDER[bisect.bisect_left(FP4_THRESHOLDS, abs(x))] + (8 if x < 0 else 0)


def dynamic_table():
    table = [Fraction(0), Fraction(1)]
    for i in range(7):
        cells = 2 ** i
        for k in range(cells):
            middle = (Fraction(1, 10) + Fraction(9, 10) * Fraction(2 * k + 1, 2 * cells)) * Fraction(10) ** (i - 6)
            table += [middle, -middle]
    return [f32(float(value)) for value in sorted(table)]


DYNAMIC = dynamic_table()
DYNAMIC_MIDPOINTS = [f32(f32(a + b) / 2) for a, b in zip(DYNAMIC, DYNAMIC[1:])]
assert len(DYNAMIC) == 256


def reciprocal(x):
    if x == 0:
        return 0.0
    inverse = f32(1 / x)
    return 0.0 if math.isinf(inverse) else inverse


def block_codes(code, block, scale):
    codes = [code(f32(v * reciprocal(scale))) for v in block]
    packed = bytearray()
    for first, second in zip(codes[::2], codes[1::2] + [0]):
        packed.append(first << 4 | second)
    return codes, bytes(packed)


def bnb_codec(code, book):
    def run(values, _):
        encoded, decoded = b"", []
        for i in range(0, len(values), 64):
            block = values[i:i + 64]
            scale = max(abs(v) for v in block)
            codes, packed = block_codes(code, block, scale)
            encoded += struct.pack("<f", scale) + packed
            decoded += [f32(book[c] * scale) for c in codes]
        return encoded, decoded
    return run


def bnb_double_codec(code, book):
    def run(values, _):
        blocks = [values[i:i + 64] for i in range(0, len(values), 64)]
        scales = [max(abs(v) for v in block) for block in blocks]
        total = 0.0
        for scale in scales:
            total += scale
        offset = f32(total / len(scales))
        encoded, decoded = struct.pack("<f", offset), []
        for first in range(0, len(blocks), 256):
            centred = [f32(s - offset) for s in scales[first:first + 256]]
            largest = max(abs(c) for c in centred)
            scale_codes = [bisect.bisect_left(DYNAMIC_MIDPOINTS, f32(c * reciprocal(largest))) for c in centred]
            encoded += struct.pack("<f", largest) + bytes(scale_codes)
            for block, scale, scale_code in zip(blocks[first:first + 256], scales[first:first + 256], scale_codes):
                codes, packed = block_codes(code, block, scale)
                encoded += packed
                approximate = f32(f32(DYNAMIC[scale_code] * largest) + offset)
                decoded += [f32(book[c] * approximate) for c in codes]
        return encoded, decoded
    return run


# --- all of them -----------------------------------------------------------------------------------------------------------


def padded(length):
    """The inputs whose rows are whole blocks: the few-value ones are filled up with zeros."""
    cases = {name: case for name, case in CASES.items() if case[0] % length == 0}
    small = {name: (length, values + [0.0] * (-len(values) % length)) for name, (_, values) in SMALL.items()}
    return cases, small


def main():
    found = []
    for name, element in (("f8_e4m3", E4M3), ("f8_e5m2", E5M2)):
        found += vectors(name, f8_codec(element, False))
        found += vectors(name + "_row", f8_codec(element, True))
    for name, element in (("mxfp4", E2M1), ("mxfp6_e2m3", E2M3), ("mxfp6_e3m2", E3M2), ("mxfp8_e4m3", E4M3), ("mxfp8_e5m2", E5M2)):
        for rule in ("floor", "even", "ceil", "rceil"):
            plain = rule == "floor" and name != "mxfp4"
            found += vectors(name if plain else name + "_" + rule, mx_codec(rule, element), *padded(32))
    found += vectors("nvfp4_tensor", nvfp4_codec, *padded(16))
    for name, code, book in (("nf4", nf4_code, NF4), ("fp4", fp4_code, FP4)):
        found += vectors(name, bnb_codec(code, book))
        found += vectors(name + "_dq", bnb_double_codec(code, book))
    write(os.path.join(os.path.dirname(__file__), "floats.json"),
          "generate_floats.py: written in Python from the specifications, elements rounded in exact rational arithmetic", found)


main()
