// The JavaScript API of bitbudget/theory: the experiments of rate-distortion theory, lossless coding, pruning, low-rank
// factors and model quality. A module of its own, since few pages need its linear algebra.
import type { Distribution, LoadOptions, SparseLayout } from "../index.js";
export { BitbudgetError } from "../index.js";

/** Loads the module, as the package's own load does. */
export function load(options?: LoadOptions): Promise<Theory>;

export interface Theory {
  /** Limits and designs of rate-distortion theory; rates in bits per value, distortions in squared units. */
  readonly limits: LimitsApi;
  /** Lossless coding of symbols (whole numbers below an alphabet's size). */
  readonly entropy: EntropyApi;
  /** Pruning, low-rank factors and calibrated rounding. Matrices are row-major, one row per output. */
  readonly compressors: CompressorsApi;
  /** A compressed model's answers beside the original's. */
  readonly quality: QualityApi;
}

export interface ScalarQuantizer { levels: Float64Array; thresholds: Float64Array; mse: number; entropyBits: number; }
export interface EntropyCoded { step: number; midTread: boolean; rateBits: number; mse: number; }
export type Rounding = "nearest" | "truncate" | "stochastic" | "dithered" | "subtractive_dither";

export interface LimitsApi {
  /** D(R) = variance 2^(-2R). */
  gaussianDistortion(rate: number, variance: number): number;
  /** R(D) = max(0, 1/2 log2(variance / D)). */
  gaussianRate(distortion: number, variance: number): number;
  /** In bits; negative for small deviations. Student t: nu > 2. */
  differentialEntropy(distribution: Distribution, deviation: number, nu?: number): number;
  /** Shannon's lower bound on the distortion: 2^(2 (h - R)) / (2 pi e). */
  shannonLowerBound(entropyBits: number, rate: number): number;
  reverseWaterFilling(variances: Float64Array, rate: number): { level: number; rate: number; distortion: number; rates: Float64Array };
  /** The best quantizer with 2^bits levels (1 to 8 bits) for a unit-variance density ("normal", "laplace", "uniform") or for samples. */
  lloydMax(source: Distribution | Float32Array, bits: number): ScalarQuantizer;
  /** The best entropy-coded uniform quantizer of a unit-variance normal source at a rate of 0.05 to 12 bits. */
  entropyCodedUniform(rate: number): EntropyCoded;
  /** The same run on values, one quantizer for each step: the entropy of its codes and its error, as counted. */
  entropyCodedSteps(values: Float32Array, steps: Float64Array, options?: { midTread?: boolean }): EntropyCoded[];
  /** The best of either kind on these values, for each rate of 0.05 to 16 bits; its rate is as near as the values allow. */
  entropyCodedRates(values: Float32Array, rates: Float64Array): EntropyCoded[];
  /** The b-bit uniform quantizer on [-range, range] run on values; range 0 (default) is their largest magnitude. */
  uniformQuantizerError(values: Float32Array, bits: number, options?: { midTread?: boolean; range?: number; differentialEntropyBits?: number }): {
    step: number; formula: number; worstBound: number; mse: number; worst: number; codeEntropyBits: number; entropyMinusLogStep: number;
  };
  /** A point of the rate-distortion curve of a discrete source where dR/dD = -slope; the true rate lies within gapBits below. Stops at a gap of `tolerance` (1e-6). */
  blahutArimoto(probability: Float64Array, points: Float64Array, reproduction: Float64Array, slope: number, options?: { tolerance?: number }): {
    rateBits: number; distortion: number; gapBits: number; iterations: number;
  };
  biasAndVariance(values: Float32Array, step: number, rounding: Rounding, options?: { repeats?: number; seed?: number }): {
    biasSquared: number; variance: number; mse: number;
  };
  /** The error of sums of `length` products Q(value) x input, over all such stretches of the values: its mean and standard deviation. */
  sumError(values: Float32Array, inputs: Float32Array, length: number, step: number, rounding: Rounding, options?: { seed?: number }): {
    sums: number; mean: number; deviation: number;
  };
  /** One hidden layer of rectified linear units fitted to a function's values at even points of [0, 1]; bits: those of its output weights. */
  approximate(target: Float64Array, units: number, bits?: number): { supError: number; values: Float64Array };
}

export interface EntropyApi {
  /** Counts, order-0 entropy, and the lengths of the Huffman code with their mean; symbols < alphabet <= 65,535. */
  statistics(symbols: Uint16Array, alphabet: number): { counts: Float64Array; entropyBits: number; huffmanBits: number; huffmanLengths: Uint8Array };
  huffmanEncode(symbols: Uint16Array, alphabet: number): Uint8Array;
  huffmanDecode(bytes: Uint8Array): Uint16Array;
  /** alphabet <= 16,384. */
  ransEncode(symbols: Uint16Array, alphabet: number): Uint8Array;
  ransDecode(bytes: Uint8Array): Uint16Array;
  /** What a lossless coder can reach on bf16: the entropy of its exponents, plus 8 bits of sign and mantissa. */
  bf16Exponents(values: Float32Array): { exponentBits: number; idealBitsPerWeight: number };
}

export interface LowRank {
  singularValues: Float64Array;   // descending; of a sketch: those of the sketch
  rows: number; columns: number; rank: number;
  left: Float32Array;             // rows x rank
  right: Float32Array;            // rank x columns
}

export interface CompressorsApi {
  magnitude(weights: Float32Array): Float32Array;
  /** |w| times the norm of its input, one per column. */
  wanda(weights: Float32Array, inputNorms: Float32Array): Float32Array;
  /** h w^2 / 2; one h per weight or per column. */
  brainDamage(weights: Float32Array, hessianDiagonal: Float32Array): Float32Array;
  /** A mask, 1 = kept: the smallest share `sparsity` of all scores goes. `search` changes the time, not the mask. */
  pruneGlobal(scores: Float32Array, sparsity: number, options?: { search?: "sort" | "select" }): Uint8Array;
  pruneRows(scores: Float32Array, rowLength: number, sparsity: number): Uint8Array;
  pruneBlocks(scores: Float32Array, rowLength: number, blockRows: number, blockColumns: number, sparsity: number): Uint8Array;
  /** Of every `group` neighbours the `keep` largest stay. */
  pruneNOfM(scores: Float32Array, rowLength: number, keep: number, group: number): Uint8Array;
  /** W x for each row x of `vectors`, one after another: a row of results each. */
  multiplyVectors(weights: Float32Array, columns: number, vectors: Float32Array): Float32Array;
  /** The same from sparseStore's bytes of `kept` values in "f32", as they stand: "csr" or "2:4". */
  multiplySparse(layout: SparseLayout, stored: Uint8Array, shape: { rows: number; columns: number; kept: number }, vectors: Float32Array): Float32Array;
  truncatedSvd(weights: Float32Array, columns: number, rank: number): LowRank;
  randomizedSvd(weights: Float32Array, columns: number, rank: number, options?: { seed?: number }): LowRank;
  /** left x right, row-major. */
  multiply(left: Float32Array, right: Float32Array, rank: number): Float32Array;
  /**
   * L R that takes up most of what quantization lost: nearest to weights - quantized, columns weighted (LQER, ZeroQuant-V2).
   * The singular values are those of that error.
   */
  correctError(weights: Float32Array, quantized: Float32Array, columns: number, rank: number, options?: { columnWeights?: Float32Array }): LowRank;
  /**
   * Made-up inputs, samples x columns: normal, the covariance's eigenvalues from 1 down to leastEigenvalue (1e-3) along random directions,
   * then columns scaled by e^(spread x normal) (0: alike).
   */
  correlatedInputs(samples: number, columns: number, options?: { leastEigenvalue?: number; spread?: number; seed?: number }): Float32Array;
  /** 2 X^T X / samples + damping (0.01) x mean of the diagonal, columns x columns. */
  hessian(inputs: Float32Array, columns: number, options?: { damping?: number }): Float64Array;
  // Below, `inputs` has whole rows of `columns`, one per sample; or is the `hessian` of such, which saves time where calls share it.
  /** Weights on an asymmetric uniform grid per row and group of columns. awq takes the inputs themselves. */
  roundCalibrated(method: "nearest" | "gptq" | "awq", weights: Float32Array, columns: number, inputs: Float32Array | Float64Array, options?: { bits?: number; group?: number }): Float32Array;
  /** roundCalibrated('awq'), with the exponent of the inputs' mean sizes that it chose (0: no scaling). */
  awq(weights: Float32Array, columns: number, inputs: Float32Array, options?: { bits?: number; group?: number }): { exponent: number; weights: Float32Array };
  /** Pruned by w^2 / [H^-1]_jj in blocks of a row's columns, the rest moved to make up for it unless compensate is false. */
  brainSurgeon(weights: Float32Array, columns: number, inputs: Float32Array | Float64Array, sparsity: number, options?: { block?: number; compensate?: boolean }): Float32Array;
  /** Relative squared error of the layer's output X W^T; a Hessian given for it should be undamped. */
  outputError(weights: Float32Array, changed: Float32Array, columns: number, inputs: Float32Array | Float64Array): number;
}

export interface Perplexity { tokens: number; crossEntropy: number; bitsPerToken: number; perplexity: number; standardError: number; }

export interface QualityApi {
  /** From natural log-probabilities, one per token. */
  perplexity(logProbabilities: Float64Array): Perplexity;
  /** Paired token by token; low and high: 95 % interval of the difference in nats per token. q = PPL original / PPL compressed. */
  compare(original: Float64Array, compressed: Float64Array): {
    original: Perplexity; compressed: Perplexity; difference: number; standardError: number; low: number; high: number; q: number;
  };
  /** Mean D(P || Q) in nats per position, from tokens x vocabulary probabilities, and how often the likeliest tokens agree. */
  divergence(p: Float64Array, q: Float64Array, vocabulary: number): { meanKl: number; standardError: number; top1Agreement: number };
  predictions(truth: Int32Array, original: Int32Array, compressed: Int32Array): {
    originalAccuracy: number; compressedAccuracy: number; rightToWrong: number; wrongToRight: number; changed: number; q: number;
  };
  /** Indices of the runs that no other beats, and of the one with the largest Q x ratio among those with Q >= leastQuality (-1: none). */
  pareto(ratios: Float64Array, qualities: Float64Array, leastQuality?: number): { front: Uint32Array; mostEfficient: number };
  /** time = factor size^exponent by least squares on logarithms. */
  fitPowerLaw(sizes: Float64Array, times: Float64Array): { exponent: number; standardError: number; factor: number };
}
