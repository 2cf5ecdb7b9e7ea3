// Numbers inside LaTeX.

/** "0.02", "4.123 \cdot 10^{-7}": as many digits as asked for, powers of ten beyond a thousandth and ten thousand. */
export function tex(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '\\text{?}' : value > 0 ? '\\infty' : '-\\infty';
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  return Math.abs(Number(exponent)) <= 3 ? String(Number(value.toPrecision(digits))) : `${Number(mantissa)} \\cdot 10^{${Number(exponent)}}`;
}

/** A whole number with its thousands apart. */
export const texInteger = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '{,}');
