"""Golden vectors of the uniform integers (int4_sym_g128 and its kin), from the rules in core/formats/uniform.h and the
layout on UniformLayout: python3 tests/golden/generate_uniform.py"""
import os
import struct

from arithmetic import bit_stream, clamp, f16, f32, vectors, write


def block_scale(bits, symmetric, low, high):
    low, high = min(low, 0.0), max(high, 0.0)
    if symmetric:
        exact = f32(max(abs(low), high) / (2 ** (bits - 1) - 1))
    else:
        exact = f32(f32(high - low) / (2 ** bits - 1))
    scale = f16(min(exact, 65504.0))
    inverse = f32(1 / scale) if scale else 0.0
    if symmetric:
        return scale, inverse, 2 ** (bits - 1)
    share = inverse
    if exact > 65504:  # a held scale: the zero stands where it stands in the range
        steps = 2 ** bits - 1
        share = f32(1 / f32(f32(high / steps) - f32(low / steps)))
    return scale, inverse, round(min(f32(-low * share), 2.0 ** bits - 1))


def codes_of(bits, symmetric, values, scale):
    _, inverse, zero = scale
    lowest = 1 if symmetric else 0
    bound = 2.0 ** bits
    return [clamp(round(clamp(f32(v * inverse), -bound, bound)) + zero, lowest, 2 ** bits - 1) for v in values]


def head(symmetric, scale):
    return struct.pack("<e", scale[0]) + (b"" if symmetric else bytes([scale[2]]))


def values_of(codes, scale):
    # An integer times a binary16: exact in binary64, one rounding to binary32. The integer 0 times a scale is +0.
    return [f32(float(code - scale[2]) * scale[0]) for code in codes]


def codec(bits, symmetric, group):
    """group: values per scale, or "row", or "tensor"."""
    def run(values, row_length):
        rows = [values[i:i + row_length] for i in range(0, len(values), row_length)]
        encoded, decoded = b"", []
        if group == "tensor":
            scale = block_scale(bits, symmetric, min(values), max(values))
            encoded += head(symmetric, scale)
        for row in rows:
            step = group if isinstance(group, int) else row_length
            for i in range(0, row_length, step):
                block = row[i:i + step]
                if group != "tensor":
                    scale = block_scale(bits, symmetric, min(block), max(block))
                    encoded += head(symmetric, scale)
                codes = codes_of(bits, symmetric, block, scale)
                encoded += bit_stream(codes, bits)
                decoded += values_of(codes, scale)
        return encoded, decoded
    return run


def main():
    found = []
    for bits in range(2, 9):
        for symmetric in (True, False):
            for group in ("tensor", "row", 32, 64, 128):
                name = "int%d_%s_%s" % (bits, "sym" if symmetric else "asym", group if isinstance(group, str) else "g%d" % group)
                found += vectors(name, codec(bits, symmetric, group))
    write(os.path.join(os.path.dirname(__file__), "uniform.json"),
          "generate_uniform.py: written in Python from the rules, with exact integers and one rounding per operation", found)


main()
