// A function of one variable by a small network with few bits.
import type { TheoryContext } from '../../../worker/task.js';

export type Shape = 'sine' | 'step' | 'abs' | 'bump' | 'jump' | 'samples';
export interface ApproximationQuestion { shape: Shape; samples: number[]; units: number; bits: number; }

export interface Fitted { units: number; /** 0: not rounded. */ bits: number; totalBits: number; error: number; }
export interface ApproximationAnswer {
  units: number;
  bits: number;
  totalBits: number;
  /** Largest error of the chosen network, and of the same before rounding. */
  error: number;
  unrounded: number;
  curve: { x: number; target: number; fitted: number }[];
  grid: Fitted[];
  /** error ~ units^exponent before rounding, over the widths given; undefined where the errors are at the arithmetic's own. */
  slope?: { exponent: number; standardError: number; from: number; to: number };
  /** The fewest bits that were found to reach an error, and the ratio to the reference network. */
  reached: Fitted[];
  /** ratio ~ error^exponent along `reached`. */
  direction?: { exponent: number; standardError: number };
  reference: { units: number; totalBits: number };
}

/** So fine that the largest error is found between the knots of the widest network, too. */
const kPoints = 4097;
const kShown = 512;
export const kWidths: readonly number[] = [2, 4, 8, 16, 32, 64, 128, 256, 512];
export const kDepths: readonly number[] = [4, 6, 8, 10, 12, 16, 20, 24];
const kScaleBits = 16;
const kReference = { units: 512, totalBits: 513 * 32 };
/** Below this an error is that of the arithmetic, not of the network. */
const kLeastError = 1e-9;

// A third is never a knot of a network whose width is a power of two, so that a kink there always has to be approached.
const shapes: Record<Exclude<Shape, 'samples'>, (x: number) => number> = {
  sine: (x) => Math.sin(2 * Math.PI * x),
  step: (x) => Math.tanh(30 * (x - 1 / 3)),
  abs: (x) => Math.abs(3 * x - 1) - 1,
  bump: (x) => { const u = (x - 0.5) / 0.35; return Math.abs(u) < 1 ? Math.exp(1 - 1 / (1 - u * u)) : 0; },
  jump: (x) => (x < 1 / 3 ? -1 : 1),
};

function targetOf(shape: Shape, samples: readonly number[]): Float64Array {
  const at = (i: number): number => {
    const x = i / (kPoints - 1);
    if (shape !== 'samples') return shapes[shape](x);
    const place = x * (samples.length - 1);
    const cell = Math.min(Math.floor(place), samples.length - 2);
    return samples[cell]! + (place - cell) * (samples[cell + 1]! - samples[cell]!);
  };
  return Float64Array.from({ length: kPoints }, (_, i) => at(i));
}

/** Of networks that no smaller one matches, from few bits and a large error to many bits and a small one. */
function frontier(grid: readonly Fitted[]): Fitted[] {
  const out: Fitted[] = [];
  for (const each of grid.filter(({ bits }) => bits > 0).sort((a, b) => a.totalBits - b.totalBits || a.error - b.error))
    if (out.length === 0 || each.error < out.at(-1)!.error) out.push(each);
  return out;
}

export const approximationTasks = {
  'theory.approximation': ({ theory, progress }: TheoryContext, { shape, samples, units, bits }: ApproximationQuestion): ApproximationAnswer => {
    const target = targetOf(shape, samples);
    const fit = (width: number, depth: number): Fitted & { values: Float64Array } => {
      const { supError, values } = theory.limits.approximate(target, width, depth);
      return { units: width, bits: depth, totalBits: (width + 1) * depth + kScaleBits, error: supError, values };
    };
    const grid = kWidths.flatMap((width, i) => {
      progress({ stage: 'Fitting networks', done: i, total: kWidths.length });
      return [0, ...kDepths].map((depth): Fitted => { const { values: _, ...rest } = fit(width, depth); return rest; });
    });
    const chosen = fit(units, bits);

    const law = (points: readonly [number, number][]) => (points.length < 3 ? undefined : theory.quality.fitPowerLaw(Float64Array.from(points, ([x]) => x), Float64Array.from(points, ([, y]) => y)));
    // The narrow networks have not seen the function's shape yet: the promise is about the limit.
    const limit = grid.filter((each) => each.bits === 0 && each.units >= 16 && each.error > kLeastError);
    const slope = law(limit.map((each) => [each.units, each.error]));
    const reached = frontier(grid).filter(({ error }) => error > kLeastError);
    const seen = reached.filter(({ totalBits, units: width }) => width >= 8 && totalBits < kReference.totalBits);
    const direction = law(seen.map((each) => [each.error, kReference.totalBits / each.totalBits]));
    return {
      units, bits, totalBits: chosen.totalBits, error: chosen.error, unrounded: fit(units, 0).error,
      curve: Array.from({ length: kShown + 1 }, (_, i) => { const at = Math.round((i * (kPoints - 1)) / kShown); return { x: at / (kPoints - 1), target: target[at]!, fitted: chosen.values[at]! }; }),
      grid, reached, reference: kReference,
      ...(slope && { slope: { exponent: slope.exponent, standardError: slope.standardError, from: limit[0]!.units, to: limit.at(-1)!.units } }),
      ...(direction && { direction: { exponent: direction.exponent, standardError: direction.standardError } }),
    };
  },
};
