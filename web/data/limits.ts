// Quantizers of a normal source at their best, as points to draw beside measured formats. Computed from the closed forms:
// Lloyd-Max (fixed rate; Max 1960) and uniform thresholds with an entropy code and centroid levels (infinitely many levels).

export interface RatePoint { bits: number; sqnrDb: number; }

const sqnr = (mse: number): number => -10 * Math.log10(mse);

export const lloydMax: RatePoint[] = [0.36338023, 0.11748185, 0.03454776, 0.00950101, 0.00250467, 0.00064424, 0.00016348, 4.119e-5].map((mse, i) => ({ bits: i + 1, sqnrDb: sqnr(mse) }));

export const entropyCodedUniform: RatePoint[] = (
  [[0.5, 0.61733665], [1, 0.34833864], [1.5, 0.17766731], [2, 0.08894121], [2.5, 0.04447687], [3, 0.02223883], [4, 0.00555972], [5, 0.00138993], [6, 0.00034748], [8, 2.172e-5]] as const
).map(([bits, mse]) => ({ bits, sqnrDb: sqnr(mse) }));

/** D(R) = variance 2^(-2R): one bit is 6.02 dB. */
export const kDecibelsPerBit = 20 * Math.log10(2);
