// Numbers for people: three significant digits, and the exact value on demand. Separators follow the reader's locale.
import type { Units } from '../shell/settings.js';

const locale = typeof navigator === 'undefined' ? 'en' : navigator.language;
const short = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
const padded = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3, minimumSignificantDigits: 3 });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const full = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });

export const nbsp = '\u00a0';

/** Every digit: 6,738,415,616. */
export const exact = (value: number): string => full.format(value);
export const integer = (value: number): string => whole.format(value);
/** Three significant digits: 1,234 -> 1,230. */
export const brief = (value: number): string => (Number.isFinite(value) ? short.format(value) : value > 0 ? '∞' : '–');

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** A step up as soon as three digits no longer do: 999.6 MB is 1 GB, 1000 MiB is 0.977 GiB. */
function scale(value: number, base: number, top: number): number {
  let power = 0;
  for (let rest = Math.abs(value); rest >= 999.5 && power < top; rest /= base) power++;
  return power;
}

/** "6.92 GiB" or "7.43 GB"; pad keeps trailing zeros so that columns line up. */
export function bytes(value: number, units: Units, pad = false): string {
  const base = units === 'GiB' ? 1024 : 1000;
  const names = units === 'GiB' ? binary : decimal;
  if (!Number.isFinite(value)) return brief(value);
  const power = scale(value, base, names.length - 1);
  const scaled = value / base ** power;
  return `${(pad && power > 0 ? padded : short).format(scaled)}${nbsp}${names[power]}`;
}

/** Bytes in the large unit itself: the two sides of "6.92 of 24 GiB". */
export function inUnit(value: number, units: Units, pad = false): string {
  return (pad ? padded : short).format(value / (units === 'GiB' ? 2 ** 30 : 1e9));
}

const si = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const counted = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion'];

/** "8.03 billion": parameters in words, as people say them. */
export function count(value: number): string {
  const power = value < 1e6 ? 0 : scale(value, 1000, counted.length - 1);
  return power === 0 ? short.format(value) : `${short.format(value / 1000 ** power)}${nbsp}${counted[power]}`;
}

/** "118k": tokens, rounded down so that a limit is never overstated. */
export function tokens(value: number): string {
  if (value < 10_000 || !Number.isFinite(value)) return value < 10_000 ? whole.format(value) : brief(value);
  const power = Math.min(3, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  const step = 10 ** (Math.floor(Math.log10(scaled)) - 2);
  return `${short.format(Math.floor(scaled / step + 1e-9) * step)}${['', 'k', 'M', 'G'][power]}`;
}

/** "16.1 TFLOP", "1.2 Gparam": SI prefixes. */
export function withPrefix(value: number, unit: string): string {
  const power = scale(value, 1000, si.length - 1);
  return `${short.format(value / 1000 ** power)}${nbsp}${si[power]}${unit}`;
}

export function seconds(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  if (value === 0) return `0${nbsp}s`;
  if (value < 1e-3) return `${short.format(value * 1e6)}${nbsp}µs`;
  if (value < 1) return `${short.format(value * 1e3)}${nbsp}ms`;
  if (value < 120) return `${short.format(value)}${nbsp}s`;
  if (value < 7200) return `${short.format(value / 60)}${nbsp}min`;
  if (value < 172_800) return `${short.format(value / 3600)}${nbsp}h`;
  return `${short.format(value / 86_400)}${nbsp}days`;
}

export const percent = (share: number): string =>
  share > 0 && share < 0.001 ? `<${nbsp}${short.format(0.1)}${nbsp}%` : `${short.format(Math.round(share * 1000) / 10)}${nbsp}%`;

const separators = (() => {
  const parts = new Intl.NumberFormat(locale).formatToParts(12_345.6);
  return { group: parts.find((part) => part.type === 'group')?.value ?? ',', decimal: parts.find((part) => part.type === 'decimal')?.value ?? '.' };
})();

const multipliers: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 1024, mi: 1024 ** 2, gi: 1024 ** 3, ti: 1024 ** 4 };

/** What a person types: "131,072", "128k", "1.5e9", "32 Ki". undefined when it is not a number. */
export function parseNumber(text: string): number | undefined {
  let clean = text.trim().toLowerCase().replace(/[\s\u00a0\u202f_'’]/g, '');
  clean = clean.replaceAll(separators.group, '');
  if (separators.decimal !== '.') clean = clean.replace(separators.decimal, '.');
  const match = /^(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)(ki|mi|gi|ti|k|m|g|t)?$/.exec(clean);
  return match ? Number(match[1]) * multipliers[match[2] ?? '']! : undefined;
}

/** Memory: a bare number is in the reader's unit; a written unit (24GB, 24 GiB, 512 MiB) wins. */
export function parseBytes(text: string, units: Units): number | undefined {
  const clean = text.trim();
  const match = /^(.*?)\s*([kmgt]?i?)b?$/i.exec(clean);
  if (!match) return undefined;
  const value = parseNumber(match[1]!);
  if (value === undefined) return undefined;
  const prefix = match[2]!.toLowerCase();
  if (prefix === '' && /b$/i.test(clean)) return value;
  return value * (prefix === '' ? (units === 'GiB' ? 2 ** 30 : 1e9) : multipliers[prefix]!);
}
