// What people paste into the Theory view: read or refused with its line; and the published numbers that it shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const vite = await sources();
test.after(() => vite.close());
const { readNumbers, column, logProbabilities, readPredictions, readRuns, sizeIn, InputError } = await vite.ssrLoadModule('/views/theory/sections/quality/read.ts');
const { sampleTokens, sampleDistributions, sampleAnswers } = await vite.ssrLoadModule('/views/theory/sections/quality/samples.ts');
const { publishedTables, publishedPairs } = await vite.ssrLoadModule('/data/perplexity.ts');
const refused = (run, pattern) => assert.throws(run, (error) => error instanceof InputError && pattern.test(error.message), String(pattern));

test('numbers by line, by column, and as JSON in three shapes', () => {
  assert.deepEqual([...readNumbers('-1\n\n# a remark\n −2.5e-1 \r\n-3').values], [-1, -0.25, -3]);
  const expected = [[-1, -2], [-3, -4]];
  for (const text of ['original,compressed\n-1,-2\n-3,-4', '-1;-2\n-3;-4', '-1\t-2\n-3\t-4', '-1 -2\n-3   -4', '[[-1,-2],[-3,-4]]', '[{"a":-1,"b":-2},{"a":-3,"b":-4}]', '{"name":"x","a":[-1,-3],"b":[-2,-4]}']) {
    const table = readNumbers(text);
    assert.equal(table.width, 2, text);
    assert.deepEqual([0, 1].map((row) => [0, 1].map((at) => column(table, at)[row])), expected, text);
  }
});

test('what cannot be read is refused with its line', () => {
  refused(() => readNumbers(''), /nothing to read/);
  refused(() => readNumbers('-1\n-2\n\nabc'), /^Line 4: “abc” is not a number/);
  refused(() => readNumbers('-1,-2\n-3'), /^Line 2 has 1 number, the lines before it 2/);
  refused(() => readNumbers('[-1, -2'), /JSON/);
  refused(() => readNumbers('[-1, null]'), /^Entry 2/);
  refused(() => readNumbers('{"a":[-1,-2],"b":[-1]}'), /“a” has 2 entries and “b” 1/);
  refused(() => readNumbers('{"a":1}'), /holds no list/);
});

test('logarithms of any base become natural ones; the wrong sign names its line and the way out', () => {
  const line = (row) => `Line ${row + 1}`;
  const two = Math.log(2);
  assert.deepEqual([...logProbabilities(Float64Array.of(-1, 0), 'log2', line)], [-two, 0]);
  assert.deepEqual([...logProbabilities(Float64Array.of(-1), 'log10', line)], [-Math.log(10)]);
  assert.deepEqual([...logProbabilities(Float64Array.of(0.7, 0), 'loss', line)], [-0.7, 0]);
  refused(() => logProbabilities(Float64Array.of(-1, 0.2), 'natural', line), /^Line 2: 0.2 is positive.*losses/);
  refused(() => logProbabilities(Float64Array.of(-1), 'loss', line), /^Line 1: -1 is negative/);
  refused(() => logProbabilities(Float64Array.of(-Infinity), 'natural', line), /^Line 1: an infinite/);
});

test('answers are any words; runs are a name, a size and a metric', () => {
  const { truth, original, compressed } = readPredictions('truth,original,compressed\nyes,yes,no\nno,yes,no');
  assert.deepEqual([truth[0] === original[0], truth[0] === compressed[0], truth[1] === original[1], truth[1] === compressed[1]], [true, false, false, true]);
  refused(() => readPredictions('A,B'), /^Line 1 has 2 columns/);
  refused(() => readPredictions('A,B,C\nA,,C'), /^Line 2: column 2 is empty/);
  assert.deepEqual(readRuns('name,size,ppl\nf16, 16 GB, 6.2\nq4, 4.5GiB, 6.4', 'perplexity'), [{ name: 'f16', size: 16e9, metric: 6.2 }, { name: 'q4', size: 4.5 * 2 ** 30, metric: 6.4 }]);
  refused(() => readRuns('a,big,6', 'perplexity'), /^Line 1: “big” is no size/);
  refused(() => readRuns('a,1,0.6', 'perplexity'), /at least 1/);
  refused(() => readRuns('a,1,70', 'accuracy'), /Divide percentages by 100/);
  assert.equal(sizeIn('4920000000'), 4.92e9);
  assert.equal(sizeIn('0 GB'), undefined);
});

test('the samples are the same for every base and for logits as for probabilities', () => {
  const natural = readNumbers(sampleTokens('natural').original).values;
  const bits = readNumbers(sampleTokens('log2').original).values;
  assert.equal(natural.length, 1000);
  natural.forEach((value, i) => assert.ok(Math.abs(value - bits[i] * Math.log(2)) < 1e-3));
  const { values, width } = readNumbers(sampleDistributions(false).compressed);
  for (let row = 0; row < values.length; row += width) assert.ok(Math.abs(values.slice(row, row + width).reduce((a, b) => a + b) - 1) < 1e-5);
  const { truth, original, compressed } = readPredictions(sampleAnswers());
  const right = (given) => given.filter((answer, i) => answer === truth[i]).length;
  assert.deepEqual([truth.length, right(original), right(compressed)], [200, 140, 140]);
});

test('published perplexities: identities and order that a slip of the pen would break', () => {
  assert.deepEqual(publishedTables.map(({ id }) => id), ['llama-3-8b', 'llama-1-7b', 'llama-1-13b']);
  const llama3 = publishedTables[0];
  assert.equal(llama3.runs.length, 26);
  // The same README gives each difference from its own reference of 6.231636: typed here for three runs.
  for (const [name, difference] of [['q8_0', 0.00265], ['q4_K_M', 0.175482], ['iq1_S imatrix', 51.866126]])
    assert.ok(Math.abs(llama3.runs.find((run) => run.name === name).perplexity - 6.231636 - difference) < 5e-4, name);
  for (const { original, runs } of publishedTables) for (const run of runs) assert.ok(run.size < original.size && run.perplexity > original.perplexity, run.name);
  for (const pair of publishedPairs) assert.ok(pair.compressed > pair.original && pair.source.length > 10, pair.model);
});
