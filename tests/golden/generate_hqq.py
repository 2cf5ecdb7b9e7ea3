"""Golden vectors of hqq2_g64 and its kin, from the rules of the hqq package as core/formats/hqq.cpp states them:
python3 tests/golden/generate_hqq.py"""
import os
import struct

from arithmetic import bit_stream, clamp, f16, f32, vectors, write

GROUP = 64


def half(x):
    return clamp(f16(clamp(x, -65504.0, 65504.0)), -65504.0, 65504.0)


def shrink(v, beta):
    if v == 0:
        return 0.0
    rest = max(0.0, f32(abs(v) - f32(f32(abs(v) ** (0.7 - 1)) / beta)))
    return rest if v > 0 else -rest


def fit(values, bits):
    top = 2 ** bits - 1
    low, high = min(values), max(values)
    step = max(f32(f32(high - low) / top), f32(max(abs(low), abs(high)) / 1024))
    scale = max(half(step), 2.0 ** -24) if step else 1.0
    inverse = f32(1 / scale)
    zero = f32(-low * inverse)
    beta, least = 10.0, None

    def code(v, z):
        return round(clamp(f32(f32(v * inverse) + z), 0.0, float(top)))

    for _ in range(20):
        codes = [code(v, zero) for v in values]
        errors = [f32(v - f32(f32(q - zero) * scale)) for v, q in zip(values, codes)]
        total = 0.0
        for v, q, e in zip(values, codes, errors):
            total += f32(q - f32(f32(v - shrink(e, beta)) * inverse))
        zero = f32(total / len(values))
        error = 0.0
        for e in errors:
            error += abs(e)
        if least is not None and not error < least:
            break
        least = error
        beta = f32(beta * f32(1.01))
    zero = half(zero)
    return scale, zero, [code(v, zero) for v in values]


def codec(bits):
    def run(values, row_length):
        encoded, decoded = b"", []
        for row in range(0, len(values), row_length):
            for i in range(row, row + row_length, GROUP):
                group = values[i:min(i + GROUP, row + row_length)]
                scale, zero, codes = fit(group, bits)
                encoded += struct.pack("<ee", scale, zero) + bit_stream(codes, bits)
                decoded += [f32(f32(q - zero) * scale) for q in codes]
        return encoded, decoded
    return run


def main():
    found = []
    for bits in (2, 3, 4, 8):
        found += vectors("hqq%d_g64" % bits, codec(bits))
    write(os.path.join(os.path.dirname(__file__), "hqq.json"),
          "generate_hqq.py: written in Python from the rules, with one rounding per operation", found)


main()
