// The figures of an error report: what each is called, how it reads, and what it means.
import type { ErrorReport } from 'bitbudget';
import { nbsp } from '../../format/numbers.js';

const locale = typeof navigator === 'undefined' ? 'en' : navigator.language;
const significant = (digits: number) => new Intl.NumberFormat(locale, { maximumSignificantDigits: digits, minimumSignificantDigits: digits });
const three = significant(3);
const scientific = new Intl.NumberFormat(locale, { notation: 'scientific', maximumSignificantDigits: 3, minimumSignificantDigits: 3 });
const fixed = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const nines = new Intl.NumberFormat(locale, { minimumFractionDigits: 6, maximumFractionDigits: 6 });

const superscripts: Record<string, string> = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

/** Three digits; powers of ten where plain notation would need many zeros: 3.18 × 10⁻⁶. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) return three.format(value).replace('-', '−');
  const [mantissa, exponent] = scientific.format(value).split('E');
  return `${mantissa!.replace('-', '−')}${nbsp}×${nbsp}10${[...exponent!].map((c) => superscripts[c] ?? c).join('')}`;
}

export const decibels = (value: number): string => (Number.isFinite(value) ? `${fixed.format(value).replace('-', '−')}${nbsp}dB` : `${figure(value)}${nbsp}dB`);
export const share = (value: number): string => {
  if (!Number.isFinite(value)) return figure(value);
  if (value === 0) return `0${nbsp}%`;
  return value >= 1e-5 ? `${three.format(value * 100)}${nbsp}%` : `${figure(value * 100)}${nbsp}%`;
};
export const bits = (value: number): string => new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(value);
export const times = (value: number): string => `${new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value)}${nbsp}×`;

export interface Measure {
  id: keyof ErrorReport;
  label: string;
  text: (value: number) => string;
  /** The better of two; 0: neither. */
  better: (a: number, b: number) => number;
  meaning: string;
  latex: string;
}

const less = (a: number, b: number) => Math.abs(b) - Math.abs(a);
const more = (a: number, b: number) => a - b;

export const measures: Measure[] = [
  {
    id: 'sqnrDb', label: 'Signal to noise', text: decibels, better: more, latex: '10 \\log_{10} \\frac{\\sum x_i^2}{\\sum (\\hat{x}_i - x_i)^2}',
    meaning: 'SQNR, the signal to quantization noise ratio: how far the error lies below the values themselves. 10 dB more is a tenth of the error’s power; one more bit per weight buys about 6 dB. Infinite when nothing is lost.',
  },
  {
    id: 'relativeMse', label: 'Relative error', text: (value) => share(Math.sqrt(value)), better: less, latex: '\\sqrt{\\frac{\\sum (\\hat{x}_i - x_i)^2}{\\sum x_i^2}}',
    meaning: 'The size of a typical error beside the size of a typical value (both as root mean squares). Its square is the relative mean squared error; it says the same as the signal to noise ratio.',
  },
  {
    id: 'maxAbsError', label: 'Largest error', text: figure, better: less, latex: '\\max_i |\\hat{x}_i - x_i|',
    meaning: 'The one value that came out worst, in the tensor’s own units.',
  },
  {
    id: 'rmse', label: 'RMS error', text: figure, better: less, latex: '\\sqrt{\\tfrac{1}{n} \\sum (\\hat{x}_i - x_i)^2}',
    meaning: 'The root of the mean squared error: the size of a typical error, in the tensor’s own units.',
  },
  {
    id: 'mse', label: 'Mean squared error', text: figure, better: less, latex: '\\tfrac{1}{n} \\sum (\\hat{x}_i - x_i)^2',
    meaning: 'What most quantizers minimise: large errors count more than their share.',
  },
  {
    id: 'meanError', label: 'Mean error (bias)', text: figure, better: less, latex: '\\tfrac{1}{n} \\sum (\\hat{x}_i - x_i)',
    meaning: 'Whether values came out too large or too small on the whole. Near zero, errors cancel when many weights are summed.',
  },
  {
    id: 'cosine', label: 'Cosine similarity', text: (value) => (Number.isFinite(value) ? nines.format(value).replace('-', '−') : figure(value)), better: more,
    latex: '\\frac{\\sum x_i \\hat{x}_i}{\\sqrt{\\sum x_i^2 \\sum \\hat{x}_i^2}}',
    meaning: 'Whether the decoded tensor points the same way as the original, whatever its length: 1 is the same direction.',
  },
];
