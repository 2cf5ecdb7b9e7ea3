"""The first values of each random source, from a second implementation on Python's integers and libm.

Run `python3 tests/golden/random.py` to print the table that tests/core/random_test.cpp pins.
"""
import math
import statistics
import struct

MASK = (1 << 64) - 1


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def word(seed, index):
    return mix((mix(seed) + (index + 1) * 0x9E3779B97F4A7C15) & MASK)


def uniform(seed, index):
    return ((word(seed, index) >> 12) + 0.5) / 2**52


def value(distribution, seed, i, nu=5.0):
    u, v = uniform(seed, 2 * i), uniform(seed, 2 * i + 1)
    if distribution == "normal":
        return statistics.NormalDist().inv_cdf(u)
    if distribution == "laplace":
        tail = math.log(2 * min(u, 1 - u)) * math.sqrt(0.5)
        return tail if u < 0.5 else -tail
    if distribution == "student_t":
        t = math.sqrt(nu * math.expm1(-2 / nu * math.log(u))) * math.cos(2 * math.pi * v)
        return t * math.sqrt((nu - 2) / nu) if nu > 2 else t
    return math.sqrt(3) * (2 * u - 1)


def f32_bits(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def checksum(distribution, seed, count):
    """FNV-1a with whole 32-bit words as its units."""
    h = 0xCBF29CE484222325
    for i in range(count):
        h = (h ^ f32_bits(value(distribution, seed, i))) * 0x100000001B3 & MASK
    return h


if __name__ == "__main__":
    print("words of seed 1:", ", ".join(f"0x{word(1, i):016x}" for i in range(3)))
    for name in ("normal", "laplace", "student_t", "uniform"):
        print(name, ", ".join(f"0x{f32_bits(value(name, 1, i)):08x}" for i in range(8)))
    print("student_t nu=1.5", ", ".join(f"0x{f32_bits(value('student_t', 7, i, 1.5)):08x}" for i in range(4)))
    print("normal from 2^33", ", ".join(f"0x{f32_bits(value('normal', 7, i)):08x}" for i in range(2**33, 2**33 + 4)))
    for name in ("normal", "laplace", "student_t", "uniform"):
        print("checksum", name, f"0x{checksum(name, 3, 20000):016x}")
