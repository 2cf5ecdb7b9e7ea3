// A tensor's parts on several workers: each crosses once, to the worker that keeps it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const vite = await sources();
test.after(() => vite.close());
const { cut, partsTask, spread, Superseded } = await vite.ssrLoadModule('/views/lab/parts.ts');
const { KeptParts } = await vite.ssrLoadModule('/views/lab/kept.ts');
const { CoreError } = await vite.ssrLoadModule('/worker/pool.ts');

const format = { blockLength: 32, tensorBytes: 0, encodesInParts: true };
const tensorOf = (source, rows, columns) => ({ source, rows, columns, grid: { rowsPerCell: 1 }, method: { search: 'absmax' }, values: Float32Array.from({ length: rows * columns }, (_, i) => i % 1009) });

/** Workers that keep parts by the page's rules; counts the values that cross. */
function crew(size) {
  const workers = Array.from({ length: size }, () => new KeptParts());
  const all = {
    crossed: 0, jobs: 0, workers, delay: () => 0,
    async run(task, { parts }, { worker }) {
      assert.equal(task, 'lab.parts');
      all.jobs++;
      await new Promise((resolve) => setTimeout(resolve, all.delay(worker)));
      all.crossed += parts.reduce((sum, { values }) => sum + (values?.length ?? 0), 0);
      try {
        return parts.map((part) => ({ sum: workers[worker].values(part).reduce((sum, value) => sum + value, 0) }));
      } catch (thrown) {
        throw new CoreError({ name: 'Error', message: thrown.message, code: thrown.code });
      }
    },
  };
  return all;
}

const measure = async (all, tensor, live = () => true) => {
  const parts = cut(tensor, format);
  const results = await spread(parts, all.workers.length, live, partsTask(all.run, tensor, parts, { format: 'q8_0', columns: tensor.columns, method: tensor.method }, {}));
  return results.reduce((sum, result) => sum + result.sum, 0);
};

test('every part crosses once, whatever the number of formats', async () => {
  const all = crew(2);
  const tensor = tensorOf('first', 2048, 1024);
  const whole = tensor.values.reduce((sum, value) => sum + value, 0);
  for (let format = 0; format < 3; format++) assert.equal(await measure(all, tensor), whole);
  assert.equal(all.crossed, tensor.values.length);
});

test('another tensor takes its place, and a worker that has lost its parts is given them again', async () => {
  const all = crew(2);
  const [first, second] = [tensorOf('first', 2048, 1024), tensorOf('second', 1024, 1024)];
  await measure(all, first);
  assert.equal(await measure(all, second), second.values.reduce((sum, value) => sum + value, 0));
  assert.equal(all.crossed, first.values.length + second.values.length);
  all.workers[1].letGo();
  await measure(all, second);
  assert.equal(all.crossed, first.values.length + 1.5 * second.values.length);
});

test('a worker that is done takes over from a slow one, without keeping what is not its own', async () => {
  const all = crew(2);
  all.delay = (worker) => (worker === 0 ? 300 : 1);
  const tensor = tensorOf('first', 2048, 1024);
  await measure(all, tensor);
  all.delay = () => 5;
  const before = all.crossed;
  await measure(all, tensor);
  assert.equal(all.crossed - before, 3 * 2 ** 18, 'the three parts of the slow worker that the other had taken over');
});

test('quick jobs grow, slow ones stay single, and every result stands in its place', async () => {
  const sizes = { quick: [], slow: [] };
  for (const [pace, milliseconds] of [['quick', 0], ['slow', 30]]) {
    const items = Array.from({ length: 40 }, (_, i) => i);
    const results = await spread(items, 2, () => true, async (some) => {
      sizes[pace].push(some.length);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return some.map((item) => item * item);
    });
    assert.deepEqual(results, items.map((item) => item * item));
  }
  assert.deepEqual([...new Set(sizes.slow)], [1]);
  assert.ok(sizes.quick.length < 30, String(sizes.quick));
});

test('a tensor that cannot be cut is not kept; a question that has changed begins nothing more', async () => {
  const all = crew(2);
  const tensor = tensorOf('first', 16, 1024);
  await measure(all, tensor);
  await measure(all, tensor);
  assert.equal(all.crossed, 2 * tensor.values.length);
  await assert.rejects(measure(all, tensorOf('second', 2048, 1024), () => all.jobs < 6), Superseded);
  assert.ok(all.jobs <= 9);
});
