// The package as Node.js loads it: random tensors.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();

// SplitMix64 and the uniform of random.h once more, in whole numbers of any size.
const mask = (1n << 64n) - 1n;
function mix(z) {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}
const word = (seed, j) => mix((mix(BigInt(seed)) + (BigInt(j) + 1n) * 0x9e3779b97f4a7c15n) & mask);

test('a uniform tensor is what its definition gives', () => {
  const values = bitbudget.randomTensor('uniform', 1000, { seed: 123456789012, scale: 2, mean: 1 });
  for (let i = 0; i < values.length; i++) {
    const u = (Number(word(123456789012, 2 * i) >> 12n) + 0.5) / 2 ** 52;
    const expected = 1 + 2 * Math.sqrt(12) * (u - 0.5);
    assert.ok(Math.abs(values[i] - expected) <= 2 ** -22 * Math.max(1, Math.abs(expected)), `${i}: ${values[i]}, ${expected}`);
  }
});

test('each distribution has its standard deviation and its tails', () => {
  const kurtosis = { normal: 3, laplace: 6, uniform: 1.8 };
  for (const distribution of ['normal', 'laplace', 'student_t', 'uniform']) {
    const values = bitbudget.randomTensor(distribution, 1 << 19, { seed: 1, scale: 3 });
    let second = 0;
    let fourth = 0;
    for (const value of values) {
      second += value * value;
      fourth += value ** 4;
    }
    second /= values.length;
    assert.ok(Math.abs(Math.sqrt(second) - 3) < 0.03, `${distribution}: ${Math.sqrt(second)}`);
    if (distribution in kurtosis) assert.ok(Math.abs(fourth / values.length / second ** 2 / kurtosis[distribution] - 1) < 0.05, distribution);
  }
});

test('any stretch can be made without the rest', () => {
  const whole = bitbudget.randomTensor('laplace', 500, { seed: 9 });
  assert.deepEqual(bitbudget.randomTensor('laplace', 200, { seed: 9, first: 300 }), whole.subarray(300));
});

test('refusals are typed and name the argument', () => {
  assert.equal(refusal(() => bitbudget.randomTensor('cauchy', 1)).field, 'distribution');
  assert.equal(refusal(() => bitbudget.randomTensor('normal', -1)).field, 'count');
  assert.equal(refusal(() => bitbudget.randomTensor('normal', 1, { scale: NaN })).field, 'scale');
  assert.equal(refusal(() => bitbudget.randomTensor('student_t', 1, { nu: 0 })).field, 'nu');
  assert.equal(refusal(() => bitbudget.randomTensor('normal', 1, { seed: 0.5 })).field, 'seed');
});

test('statistics: a case worked by hand, and what is not finite set apart', () => {
  const found = bitbudget.statistics(Float32Array.of(1, NaN, -3, 0, Infinity, 2, -0));
  // The finite values 1 -3 0 2 0: sum 0; squares 14; fourth powers 98.
  assert.deepEqual(found, {
    count: 7, zeros: 2, subnormals: 0, nans: 1, infinities: 1, firstNan: 1, firstInfinity: 4,
    min: -3, max: 2, absMax: 3, mean: 0, variance: 14 / 5, kurtosis: 2.5,
  });
});

test('a histogram counts every value once', () => {
  const { counts, below, above, nans } = bitbudget.histogram(Float32Array.of(-1, -2, 0, 0.49, 0.5, 1, 1.5, NaN), -1, 1, 4);
  assert.deepEqual([[...counts], below, above, nans], [[1, 0, 2, 2], 1, 1, 1]);
  assert.equal(refusal(() => bitbudget.histogram(new Float32Array(1), 1, 1, 4)).field, 'high');
  assert.equal(refusal(() => bitbudget.histogram(new Float32Array(1), 0, 1, 0)).field, 'bins');
});

test('differential entropy: that of a normal density within its stated error', () => {
  const { bits, standardError } = bitbudget.estimateEntropy(bitbudget.randomTensor('normal', 1 << 16, { scale: 0.5 }));
  const truth = 0.5 * Math.log2(2 * Math.PI * Math.E * 0.25);
  assert.ok(standardError > 0 && standardError < 0.01);
  assert.ok(Math.abs(bits - truth) < 5 * standardError, `${bits}, ${truth}`);
  assert.equal(bitbudget.estimateEntropy(new Float32Array(1000)).bits, -Infinity);
});

test('uniform steps with an entropy code: four codes, equally often, are two bits', () => {
  assert.deepEqual(bitbudget.codedUniform(Float32Array.of(0, 0.5, 1, 1.5), Float64Array.of(0.5, 4)), [{ step: 0.5, rateBits: 2, mse: 0 }, { step: 4, rateBits: 0, mse: 0.3125 }]);
  assert.equal(refusal(() => bitbudget.codedUniform(Float32Array.of(1), Float64Array.of(0))).field, 'steps');
});
