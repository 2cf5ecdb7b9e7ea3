// The limits of lossy compression and what reaches for them, on the tensor: quantizers designed on its values, number formats,
// and its own rate-distortion function by Blahut and Arimoto.
import type { ScalarQuantizer } from 'bitbudget/theory';
import type { TheoryContext } from '../../../worker/task.js';
import { spread } from './symbols.js';

export interface RateQuestion { values: Float32Array; columns: number; formats: string[]; }
/** Distortions are mean squared errors over the variance. */
export interface RatePoint { bits: number; distortion: number; }
export interface RateAnswer {
  variance: number;
  /** How many values the quantizers were designed on and run on. */
  sample: number;
  /** Differential entropy in bits, of values of that variance; NaN or infinite where there is no density. */
  entropy: number;
  entropyError: number;
  lloydMax: (RatePoint & { entropyBits: number; levels: number })[];
  coded: (RatePoint & { step: number; midTread: boolean })[];
  formats: (RatePoint & { id: string; label: string })[];
  refused: string[];
  /** Blahut and Arimoto: the source's R(D) lies at most `gap` bits below; `cells` cells stand for the values. */
  own: (RatePoint & { gap: number })[];
  cells: number;
  filling: Record<'rows' | 'columns', Float64Array>;
}

const kSample = 2 ** 16;
const kCodedRates = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8];
const kOwnRates = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4];
/** Of the quantizer whose cells stand for the values, and how near to the curve is near enough, in bits. */
const kSourceBits = 6;
const kTolerance = 1e-3;

export const rateDistortionTasks = {
  'theory.rateDistortion': (context: TheoryContext, { values, columns, formats }: RateQuestion): RateAnswer => {
    const { core, theory, progress } = context;
    const statistics = core.statistics(values);
    const { variance } = statistics;
    if (statistics.nans + statistics.infinities > 0) throw new Error(`${statistics.nans + statistics.infinities} of the values are NaN or infinite: there is no distance to them. Choose another tensor.`);
    if (!(variance > 0)) throw new Error('All values are equal: nothing is left to say about them, and every rate is enough. Choose another tensor.');
    const sample = spread(values, kSample);
    const sampleVariance = core.statistics(sample).variance;
    const stages = 4 + formats.length;
    let done = 0;
    const next = (stage: string) => progress({ stage, done: done++, total: stages });

    next('Estimating the density’s entropy');
    const { entropy, entropyError } = densityOf(context, sample);
    next('Designing Lloyd-Max quantizers');
    const designs = Array.from({ length: 8 }, (_, i) => {
      progress({ stage: 'Designing Lloyd-Max quantizers', done, total: stages });
      return theory.limits.lloydMax(sample, i + 1);
    });
    next('Designing entropy-coded quantizers');
    const coded = theory.limits.entropyCodedRates(sample, Float64Array.from(kCodedRates));
    const { measured, refused } = measureFormats(context, values, columns, formats, variance, () => next('Encoding the tensor'));
    next('Computing the tensor’s own R(D)');
    const own = ownCurve(context, sample, designs[kSourceBits - 1]!, sampleVariance, () => progress({ stage: 'Computing the tensor’s own R(D)', done, total: stages }));
    return {
      variance, sample: sample.length, entropy, entropyError,
      lloydMax: designs.map(({ mse, entropyBits, levels }, i) => ({ bits: i + 1, distortion: mse / sampleVariance, entropyBits, levels: levels.length })),
      coded: coded.map(({ rateBits, mse, step, midTread }) => ({ bits: rateBits, distortion: mse / sampleVariance, step, midTread })),
      formats: measured, refused, own, cells: designs[kSourceBits - 1]!.levels.length,
      filling: { rows: variances(values, columns, 'rows'), columns: variances(values, columns, 'columns') },
    };
  },

  /** Reverse water-filling at `rate` bits per value, over components of these variances. */
  'theory.waterFilling': ({ theory }: TheoryContext, { variances: each, rate }: { variances: Float64Array; rate: number }) => theory.limits.reverseWaterFilling(each, rate * each.length),
};

/** Too few values, or values that repeat, have no density to speak of. */
function densityOf({ core }: TheoryContext, sample: Float32Array): { entropy: number; entropyError: number } {
  if (sample.length < 16) return { entropy: NaN, entropyError: NaN };
  const { bits, standardError } = core.estimateEntropy(sample);
  return { entropy: bits, entropyError: standardError };
}

function measureFormats({ core }: TheoryContext, values: Float32Array, columns: number, formats: string[], variance: number, next: () => void) {
  const measured: RateAnswer['formats'] = [];
  const refused: string[] = [];
  const known = core.formats();
  for (const id of formats) {
    next();
    const info = known.find((each) => each.id === id)!;
    if (columns % info.rowMultiple !== 0) {
      refused.push(info.label);
      continue;
    }
    const bytes = core.encode(id, values, { rowLength: columns });
    const { mse } = core.compare(values, core.decode(id, bytes, values.length, { rowLength: columns }));
    measured.push({ id, label: info.label, bits: (8 * bytes.length) / values.length, distortion: mse / variance });
  }
  return { measured, refused };
}

/**
 * The values' cells under a fine quantizer as a discrete source, each standing at its mean. A code for the cells is a code for the
 * values whose error is larger by that within the cells: so this curve lies above the tensor's R(D), by little.
 */
function ownCurve({ theory }: TheoryContext, sample: Float32Array, { levels, thresholds, mse }: ScalarQuantizer, variance: number, alive: () => void): RateAnswer['own'] {
  if (levels.length < 2) return [];
  const counts = new Float64Array(levels.length);
  for (const value of sample) counts[cellOf(thresholds, value)]!++;
  const used = [...counts.keys()].filter((i) => counts[i]! > 0);
  const deviation = Math.sqrt(variance);
  const points = Float64Array.from(used, (i) => levels[i]! / deviation);
  const probability = Float64Array.from(used, (i) => counts[i]! / sample.length);
  const within = mse / variance;
  return kOwnRates.flatMap((rate) => {
    alive();
    // The slope that D(R) of a normal source has at that rate.
    const slope = 2 ** (2 * rate) / (2 * Math.LN2);
    const point = theory.limits.blahutArimoto(probability, points, points, slope, { tolerance: kTolerance });
    const distortion = point.distortion + within;
    // Where the cells themselves are a good part of the error, they say nothing about the tensor.
    return within > 0.2 * distortion ? [] : [{ bits: point.rateBits, distortion, gap: point.gapBits }];
  });
}

function cellOf(thresholds: Float64Array, value: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < thresholds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Mean squares of the rows or of the columns. */
function variances(values: Float32Array, columns: number, over: 'rows' | 'columns'): Float64Array {
  const rows = values.length / columns;
  const sums = new Float64Array(over === 'rows' ? rows : columns);
  for (let row = 0, at = 0; row < rows; row++) for (let column = 0; column < columns; column++, at++) sums[over === 'rows' ? row : column]! += values[at]! ** 2;
  const each = over === 'rows' ? columns : rows;
  return sums.map((sum) => sum / each);
}
