// Colour scales for heat maps, interpolated in OKLab (Ottosson 2020) so that equal steps of value look like equal steps of
// colour. Signed values run from blue through the page's ground to orange; errors from the ground to its opposite.
import { theme } from '../../shell/settings.js';

type Lab = [number, number, number];

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const gamma = (c: number) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

function toLab(hex: string): Lab {
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255)) as Lab;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function toRgb([L, a, b]: Lab): Lab {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb: Lab = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  return rgb.map((c) => Math.round(255 * Math.min(1, Math.max(0, gamma(c))))) as Lab;
}

/** 256 colours, each as red, green, blue. */
export type ColourScale = Uint8Array;

function scaleThrough(stops: string[]): ColourScale {
  const labs = stops.map(toLab);
  const out = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (labs.length - 1);
    const left = Math.min(labs.length - 2, Math.floor(at));
    const [from, to] = [labs[left]!, labs[left + 1]!];
    out.set(toRgb(from.map((value, k) => value + (to[k]! - value) * (at - left)) as Lab), i * 3);
  }
  return out;
}

const stops = {
  light: { signed: ['#0a1a6e', '#3a62d8', '#a3bbf2', '#fbfbf8', '#f3bd90', '#c9661c', '#5a2304'], error: ['#fbfbf8', '#f6c98a', '#dd7a35', '#a8324f', '#5b1661', '#1d0733'] },
  dark: { signed: ['#b4ceff', '#4f86ea', '#23458c', '#181c24', '#743a15', '#d5712a', '#ffd0a8'], error: ['#181c24', '#47235f', '#97315f', '#d9633f', '#f2a950', '#fdf3bd'] },
};

const made = new Map<string, ColourScale>();

export function isDark(): boolean {
  return theme.value === 'dark' || (theme.value === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}

export function colourScale(kind: 'signed' | 'error'): ColourScale {
  const mode = isDark() ? 'dark' : 'light';
  const key = `${mode} ${kind}`;
  let scale = made.get(key);
  if (!scale) made.set(key, (scale = scaleThrough(stops[mode][kind])));
  return scale;
}

/** Paints the cells at their place: value v takes the colour at `position(v)`, 0 to 1 (clamped); NaN stays transparent. */
export function paint(canvas: HTMLCanvasElement, columns: number, rows: number, scale: ColourScale, positionAt: (cell: number) => number): void {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(columns, rows);
  for (let cell = 0; cell < columns * rows; cell++) {
    const position = positionAt(cell);
    if (Number.isNaN(position)) continue;
    const colour = 3 * Math.round(255 * Math.min(1, Math.max(0, position)));
    image.data[4 * cell] = scale[colour]!;
    image.data[4 * cell + 1] = scale[colour + 1]!;
    image.data[4 * cell + 2] = scale[colour + 2]!;
    image.data[4 * cell + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
