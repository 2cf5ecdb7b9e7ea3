// Tensors as symbols: what lossless coders take.
import type { Bitbudget } from 'bitbudget';

/** The 8 exponent bits of each value as bf16, and beside them its sign and mantissa in one byte. */
export function bf16Exponents(core: Bitbudget, values: Float32Array): { exponents: Uint16Array; rest: Uint8Array } {
  const bytes = core.encode('bf16', values);
  const exponents = new Uint16Array(values.length);
  const rest = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const word = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
    exponents[i] = (word >> 7) & 0xff;
    rest[i] = ((word >> 8) & 0x80) | (word & 0x7f);
  }
  return { exponents, rest };
}

/** The bf16 bytes again. */
export function joinBf16(exponents: Uint16Array, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 * rest.length);
  for (let i = 0; i < rest.length; i++) {
    const word = ((rest[i]! & 0x80) << 8) | (exponents[i]! << 7) | (rest[i]! & 0x7f);
    bytes[2 * i] = word & 0xff;
    bytes[2 * i + 1] = word >> 8;
  }
  return bytes;
}

/** At most so many values, one from each of equal stretches; where in its stretch varies, so that no column is met more than others. */
export function spread(values: Float32Array, most: number): Float32Array {
  if (values.length <= most) return values;
  const stretch = values.length / most;
  return Float32Array.from({ length: most }, (_, i) => values[Math.floor((i + ((i * 0.6180339887498949) % 1)) * stretch)]!);
}
