// bitbudget/theory as Node.js loads it: limits, coders, the other compressors and quality, against closed forms.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load as loadBitbudget } from '../../build/package/index.js';
import { load } from '../../build/package/theory/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await loadBitbudget();
const { limits, entropy, compressors, quality } = await load();
const near = (value, expected, tolerance) => assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} +- ${tolerance}`);

test('rate-distortion limits and designs', () => {
  near(limits.gaussianDistortion(3, 2), 2 / 64, 1e-12);
  near(limits.gaussianRate(0.25, 1), 1, 1e-12);
  near(limits.differentialEntropy('normal', 1), 0.5 * Math.log2(2 * Math.PI * Math.E), 1e-12);
  near(limits.shannonLowerBound(limits.differentialEntropy('normal', 1), 2), 1 / 16, 1e-12);
  // Max 1960: four levels of a unit normal.
  const four = limits.lloydMax('normal', 2);
  near(four.mse, 0.11748185, 1e-8);
  near(four.levels[3], 1.510418, 1e-6);
  near(limits.entropyCodedUniform(2).mse, 0.08894121, 1e-7);
  const filling = limits.reverseWaterFilling(Float64Array.of(4, 1, 0.25), 2);
  near(filling.level, 0.5, 1e-9);
  const values = bitbudget.randomTensor('uniform', 100_000, { seed: 1, scale: 1 / Math.sqrt(3) });
  const error = limits.uniformQuantizerError(values, 4, { range: 1 });
  near(error.mse / error.formula, 1, 0.02);
  near(error.worstBound / error.formula, 3, 1e-9);
  assert.equal(limits.biasAndVariance(values, 0.1, 'nearest').variance, 0);
});

test('Huffman and rANS keep H <= E[L] < H + 1 and give back what went in', () => {
  const codes = Uint16Array.from(bitbudget.randomTensor('normal', 50_000, { seed: 2, scale: 3 }), (x) => Math.max(0, Math.min(63, Math.round(x) + 32)));
  const statistics = entropy.statistics(codes, 64);
  assert.ok(statistics.entropyBits <= statistics.huffmanBits && statistics.huffmanBits < statistics.entropyBits + 1);
  assert.deepEqual(entropy.huffmanDecode(entropy.huffmanEncode(codes, 64)), codes);
  const coded = entropy.ransEncode(codes, 64);
  assert.deepEqual(entropy.ransDecode(coded), codes);
  near((8 * coded.length) / codes.length, statistics.entropyBits, 0.05);
  const cut = refusal(() => entropy.ransDecode(coded.subarray(0, 100)));
  assert.equal(cut.code, 'truncated');
  assert.equal(refusal(() => entropy.huffmanEncode(codes, 16)).field, 'symbols');
});

test('pruning, sparse bytes and low-rank factors', () => {
  const weights = bitbudget.randomTensor('normal', 64 * 64, { seed: 3 });
  const mask = compressors.pruneGlobal(compressors.magnitude(weights), 0.75);
  assert.equal(mask.reduce((sum, kept) => sum + kept, 0), 1024);
  assert.equal(bitbudget.sparseStore('bitmask', 'f16', weights, mask, 64).length, 512 + 2048);
  near(bitbudget.breakEvenSparsity('bitmask', 'f16', 1024, 1024), 1 / 16, 1e-5);
  // Each vector by itself, from the bytes as from the matrix with its zeros.
  const vectors = bitbudget.randomTensor('normal', 3 * 64, { seed: 6 });
  const dense = compressors.multiplyVectors(weights.map((value, i) => (mask[i] ? value : 0)), 64, vectors);
  const sparse = compressors.multiplySparse('csr', bitbudget.sparseStore('csr', 'f32', weights, mask, 64), { rows: 64, columns: 64, kept: 1024 }, vectors);
  assert.equal(sparse.length, 3 * 64);
  sparse.forEach((value, i) => near(value, dense[i], 1e-5));
  assert.equal(refusal(() => compressors.multiplySparse('bitmask', new Uint8Array(0), { rows: 64, columns: 64, kept: 0 }, vectors)).field, 'layout');
  assert.equal(refusal(() => compressors.multiplyVectors(weights, 64, vectors.subarray(1))).field, 'vectors');
  const svd = compressors.truncatedSvd(weights, 64, 16);
  const product = compressors.multiply(svd.left, svd.right, 16);
  const tail = svd.singularValues.reduce((sum, s, k) => sum + (k < 16 ? 0 : s * s), 0);
  near(bitbudget.compare(weights, product).mse * 4096, tail, 1e-3 * tail);
  assert.equal(refusal(() => compressors.truncatedSvd(weights, 64, 65)).field, 'rank');
});

test('GPTQ lowers the output error that rounding to nearest leaves', () => {
  const columns = 64;
  const weights = bitbudget.randomTensor('normal', 32 * columns, { seed: 4 });
  const inputs = bitbudget.randomTensor('normal', 256 * columns, { seed: 5 });
  for (let i = 1; i < inputs.length; i += 1) if (i % columns) inputs[i] = 0.9 * inputs[i - 1] + 0.4 * inputs[i];
  const output = (method) => compressors.outputError(weights, compressors.roundCalibrated(method, weights, columns, inputs, { bits: 3 }), columns, inputs);
  assert.ok(output('gptq') < 0.7 * output('nearest'));
});

test('a Hessian stands for the inputs, AWQ tells its exponent, and a correction takes up what rounding lost', () => {
  const columns = 64;
  const weights = bitbudget.randomTensor('normal', 32 * columns, { seed: 4 });
  const inputs = compressors.correlatedInputs(256, columns, { spread: 1, seed: 5 });
  assert.equal(inputs.length, 256 * columns);
  const hessian = compressors.hessian(inputs, columns);
  near(hessian[1], hessian[columns], 1e-12);
  assert.deepEqual(compressors.roundCalibrated('gptq', weights, columns, hessian, { bits: 3 }), compressors.roundCalibrated('gptq', weights, columns, inputs, { bits: 3 }));
  const rounded = compressors.roundCalibrated('nearest', weights, columns, inputs, { bits: 3 });
  near(compressors.outputError(weights, rounded, columns, compressors.hessian(inputs, columns, { damping: 0 })), compressors.outputError(weights, rounded, columns, inputs), 1e-9);
  const awq = compressors.awq(weights, columns, inputs, { bits: 3 });
  assert.ok(awq.exponent > 0 && awq.exponent < 1);
  assert.deepEqual(awq.weights, compressors.roundCalibrated('awq', weights, columns, inputs, { bits: 3 }));
  assert.equal(refusal(() => compressors.roundCalibrated('awq', weights, columns, hessian)).field, 'inputs');
  const { left, right, singularValues } = compressors.correctError(weights, rounded, columns, 8);
  const product = compressors.multiply(left, right, 8);
  const tail = singularValues.reduce((sum, s, k) => sum + (k < 8 ? 0 : s * s), 0);
  near(bitbudget.compare(weights, rounded.map((w, i) => w + product[i])).mse * weights.length, tail, 1e-4 * tail);
  assert.equal(refusal(() => compressors.correctError(weights, rounded, columns, 8, { columnWeights: Float32Array.of(1) })).field, 'columnWeights');
});

test('truncation leans in sums, rounding scatters', () => {
  const values = bitbudget.randomTensor('uniform', 4096, { seed: 6 }).map((value) => value + 4);
  const of = (rounding) => limits.sumError(values, new Float32Array(4096).fill(1), 64, 0.1, rounding);
  near(of('truncate').mean, -64 * 0.05, 0.1);
  near(of('nearest').deviation, 0.1 * Math.sqrt(64 / 12), 0.05);
  assert.equal(of('nearest').sums, 64);
});

test('quality: perplexity k for k equal options, Q below 1 for damage', () => {
  near(quality.perplexity(new Float64Array(10).fill(-Math.log(8))).perplexity, 8, 1e-9);
  assert.ok(quality.compare(Float64Array.of(-1, -2), Float64Array.of(-1.1, -2.2)).q < 1);
  assert.deepEqual([...quality.pareto(Float64Array.of(1, 2, 4, 3), Float64Array.of(1, 0.99, 0.95, 0.94)).front], [0, 1, 2]);
  near(quality.fitPowerLaw(Float64Array.of(1, 2, 4, 8), Float64Array.of(3, 12, 48, 192)).exponent, 2, 1e-9);
  assert.equal(refusal(() => quality.perplexity(Float64Array.of(0.5))).offset, 0);
});

test('uniform steps with an entropy code, designed and run on values', () => {
  const values = bitbudget.randomTensor('normal', 100_000, { seed: 9, scale: 0.02 });
  // Published for a unit normal at 2 bits: 0.0889.
  const [two] = limits.entropyCodedRates(values, Float64Array.of(2));
  near(two.rateBits, 2, 1e-3);
  near(two.mse / 0.02 ** 2, 0.0889, 0.002);
  const [fine, wide] = limits.entropyCodedSteps(values, Float64Array.of(0.002, 1));
  near(fine.rateBits, limits.differentialEntropy('normal', 0.02) - Math.log2(0.002), 0.02);
  assert.equal(wide.rateBits, 0);
  near(limits.entropyCodedSteps(values, Float64Array.of(1), { midTread: false })[0].rateBits, 1, 1e-3);
  assert.equal(refusal(() => limits.entropyCodedSteps(values, Float64Array.of(0))).field, 'steps');
  const half = Float64Array.of(0.5, 0.5);
  // A fair bit under squared error: R(D) = 1 - H2(D).
  const point = limits.blahutArimoto(half, Float64Array.of(0, 1), Float64Array.of(0, 1), 3, { tolerance: 1e-9 });
  const d = 1 / (1 + 2 ** 3);
  near(point.rateBits, 1 + d * Math.log2(d) + (1 - d) * Math.log2(1 - d), 1e-6);
});
