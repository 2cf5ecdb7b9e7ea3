// What a worker does all day, with the page made of a list of what it hears: signs of life while it waits and while it computes.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { sources } from './sources.mjs';

const vite = await sources();
after(() => vite.close());
const { serve } = await vite.ssrLoadModule('/worker/serve.ts');

let now;
let heard;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const types = () => heard.map(({ type }) => type);

beforeEach(() => {
  now = 0;
  heard = [];
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  globalThis.self = { postMessage: (message) => heard.push(message) };
});

/** A worker with these tasks and a core that computes as `compute` says. */
async function begin(t, tasks, compute = () => undefined) {
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  serve(tasks, async (_wasm, alive) => ({ core: { version: '1', encode: (steps) => compute(steps, alive), deep: { fit: () => 'fitted' } } }));
  self.onmessage({ data: { type: 'init', wasm: [], alive: 'lock' } });
  await settled();
  assert.deepEqual(heard.splice(0), [{ type: 'ready', locked: false }]);
}
const run = async (task, id = 1) => { self.onmessage({ data: { type: 'run', id, task, input: 0 } }); await settled(); };

test('a task that waits is said to be alive by the clock, until it is over', async (t) => {
  let arrive;
  await begin(t, { wait: () => new Promise((resolve) => { arrive = resolve; }) });
  await run('wait', 7);
  for (now = 500; now <= 2500; now += 500) t.mock.timers.tick(500);
  assert.deepEqual(heard[0], { type: 'started', id: 7 });
  const signs = heard.slice(1);
  assert.ok(signs.length >= 4 && signs.every(({ type, id }) => type === 'alive' && id === 7), JSON.stringify(signs));
  arrive('late');
  await settled();
  assert.deepEqual(heard.at(-1), { type: 'done', id: 7, result: 'late' });
  const { length } = heard;
  for (; now <= 5000; now += 500) t.mock.timers.tick(500);
  assert.equal(heard.length, length);
});

test('a core that computes says so now and then, however often it beats', async (t) => {
  await begin(t, { compute: ({ core }) => core.encode(3000) }, (steps, alive) => { for (let i = 0; i < steps; i++) { now++; alive(); } return steps; });
  await run('compute');
  const signs = types().filter((type) => type === 'alive').length;
  assert.ok(signs >= 5 && signs <= 10, `${signs} signs in three seconds`);
  assert.deepEqual(heard.at(-1), { type: 'done', id: 1, result: 3000 });
});

test('many short calls of the core are signs of life too, at any depth, and a loop of the task’s own can give them', async (t) => {
  await begin(t, {
    short: ({ core }) => { for (let i = 0; i < 1000; i++) { now++; core.deep.fit(); } return core.version; },
    own: ({ alive }) => { for (let i = 0; i < 1000; i++) { now++; alive(); } },
  });
  for (const task of ['short', 'own']) {
    heard = [];
    await run(task);
    assert.deepEqual(types(), ['started', 'alive', 'alive', 'done'], task);
  }
  assert.equal(heard.at(-1).result, undefined);
});

test('a task that fails is no longer alive', async (t) => {
  await begin(t, { fail: () => { throw new Error('no'); } });
  await run('fail');
  now = 5000;
  t.mock.timers.tick(5000);
  assert.deepEqual(types(), ['started', 'error']);
});
