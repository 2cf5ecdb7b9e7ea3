// The package as Node.js loads it: error reports and throughput.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();

test('compare: the figures of a case worked by hand', () => {
  const report = bitbudget.compare(Float32Array.of(1, 2, -2, 4), Float32Array.of(1, 3, -2, 2));
  // Errors 0, 1, 0, -2: squares 5 of 25; the decoded squares are 18, the products 1 + 6 + 4 + 8.
  assert.deepEqual(
    { ...report, sqnrDb: report.sqnrDb.toFixed(9), cosine: report.cosine.toFixed(12) },
    {
      count: 4, mse: 1.25, rmse: Math.sqrt(1.25), maxAbsError: 2, relativeMse: 0.2, meanError: -0.25,
      sqnrDb: (10 * Math.log10(5)).toFixed(9), cosine: (19 / Math.sqrt(25 * 18)).toFixed(12),
    },
  );
});

test('compare: equal values have no error and an infinite ratio, zeros against anything none', () => {
  const equal = bitbudget.compare(Float32Array.of(1, 2), Float32Array.of(1, 2));
  assert.equal(equal.sqnrDb, Infinity);
  assert.equal(equal.relativeMse, 0);
  assert.equal(bitbudget.compare(new Float32Array(2), Float32Array.of(0, 1)).sqnrDb, -Infinity);
});

test('parts measured apart join to exactly the report of the whole', () => {
  const original = bitbudget.randomTensor('student_t', 5 * 4096 + 77, { seed: 3 });
  const decoded = original.map((value) => Math.round(value * 8) / 8);
  const cuts = [0, 4096, 3 * 4096, original.length];
  const parts = cuts.slice(1).map((end, i) => bitbudget.errorSums(original.subarray(cuts[i], end), decoded.subarray(cuts[i], end)));
  assert.deepEqual(bitbudget.errorReport(parts), bitbudget.compare(original, decoded));
  assert.equal(bitbudget.errorReport([]).count, 0);
});

test('roundTrip is encode, decode and errorSums in one', () => {
  const values = bitbudget.randomTensor('laplace', 8 * 512, { seed: 9 });
  for (const format of ['f16', 'q8_0', 'q4_k', 'nf4', 'mxfp4', 'nvfp4_tensor', 'int8_sym_tensor', 'f8_e4m3_row']) {
    for (const rotate of [false, true]) {
      const turn = (array, back) => (rotate ? bitbudget.rotate(array, { rowLength: 512, back }) : array);
      const bytes = bitbudget.encode(format, turn(values, false), { rowLength: 512 });
      const decoded = turn(bitbudget.decode(format, bytes, values.length, { rowLength: 512 }), true);
      const sums = bitbudget.errorSums(values, decoded);
      assert.deepEqual(bitbudget.roundTrip(format, values, { rowLength: 512, rotate }), { sums });
      assert.deepEqual(bitbudget.roundTrip(format, values, { rowLength: 512, rotate, keep: true }), { sums, bytes, decoded });
    }
  }
  assert.equal(refusal(() => bitbudget.roundTrip('none', values)).code, 'unknown_format');
  assert.equal(refusal(() => bitbudget.roundTrip('q8_0', Float32Array.of(...values.subarray(0, 31), NaN))).offset, 31);
  assert.equal(refusal(() => bitbudget.roundTrip('q8_0', [1])).field, 'values');
});

test('throughput: seconds per pass that a second clock agrees with', () => {
  const values = bitbudget.randomTensor('normal', 1 << 16);
  const time = bitbudget.throughput('q8_0', values, { batchSeconds: 0.02 });
  const start = performance.now();
  for (let i = 0; i < 50; i++) bitbudget.encode('q8_0', values);
  const around = (performance.now() - start) / 1000 / 50;  // the same, and two copies
  assert.ok(time.encodeSeconds > 0 && time.encodeSeconds < 2 * around, `${time.encodeSeconds} s, ${around} s`);
  assert.ok(time.decodeSeconds > 1e-7 && time.copySeconds > 1e-7);
});

test('refusals are typed and name the argument', () => {
  assert.equal(refusal(() => bitbudget.compare(new Float32Array(2), new Float32Array(3))).field, 'decoded');
  assert.equal(refusal(() => bitbudget.compare([1], new Float32Array(1))).field, 'original');
  assert.equal(refusal(() => bitbudget.errorReport([new Float64Array(3)])).field, 'parts');
  assert.equal(refusal(() => bitbudget.throughput('none', new Float32Array(32))).code, 'unknown_format');
  assert.equal(refusal(() => bitbudget.throughput('q8_0', new Float32Array(33))).code, 'invalid_argument');
});

test('errors by row and column, and the lines that stand out', () => {
  const { rows, columns } = bitbudget.lineErrors(Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 2, 5, 4, 4, 6), 3);
  assert.deepEqual([[...rows.squaredError], [...columns.squaredError]], [[4, 1], [0, 1, 4]]);
  assert.deepEqual([[...rows.squaredOriginal], [...columns.absMax], [...rows.maxAbsError]], [[14, 77], [4, 5, 6], [2, 1]]);
  const figures = Float64Array.from({ length: 100 }, (_, i) => 1 + (i % 7) / 100);
  figures[42] = 2;
  assert.deepEqual([...bitbudget.outliers(figures)], [42]);
  assert.equal(refusal(() => bitbudget.lineErrors(new Float32Array(6), new Float32Array(6), 4)).field, 'rowLength');
});
