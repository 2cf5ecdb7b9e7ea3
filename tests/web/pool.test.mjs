// The worker pool with workers made of plain objects: cancelling, dying, hanging, waiting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const vite = await sources();
test.after(() => vite.close());
const { WorkerPool } = await vite.ssrLoadModule('/worker/pool.ts');

/** Answers as `behave(message, reply)` says; counts those alive. */
function workshop(behave) {
  const shop = { made: 0, ended: 0, alive: () => shop.made - shop.ended };
  shop.create = () => {
    shop.made++;
    const worker = {
      onmessage: null, onerror: null, dead: false,
      terminate() { if (!worker.dead) shop.ended++; worker.dead = true; },
      postMessage(message) {
        setTimeout(() => {
          if (worker.dead) return;
          const reply = (data) => { if (!worker.dead) worker.onmessage({ data }); };
          if (message.type === 'init') reply({ type: 'ready' });
          else behave(message, reply, worker);
        });
      },
    };
    return worker;
  };
  return shop;
}

const bytes = () => Promise.resolve(new ArrayBuffer(8));
const echo = ({ id, input }, reply) => setTimeout(() => reply({ type: 'done', id, result: input }), 5);

test('jobs run, no more at a time than the pool is large', async () => {
  let running = 0;
  let most = 0;
  const shop = workshop(({ id, input }, reply) => {
    most = Math.max(most, ++running);
    setTimeout(() => { running--; reply({ type: 'done', id, result: input * 2 }); }, 5);
  });
  const pool = new WorkerPool(shop.create, bytes, 2);
  assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map((n) => pool.run('double', n))), [2, 4, 6, 8, 10]);
  assert.equal(most, 2);
  assert.equal(shop.made, 2);
  pool.dispose();
});

test('cancelling ends the worker and the next job gets a new one', async () => {
  const shop = workshop((message, reply) => { if (message.task !== 'for ever') echo(message, reply); });
  const pool = new WorkerPool(shop.create, bytes, 1);
  const controller = new AbortController();
  const job = pool.run('for ever', 0, { signal: controller.signal });
  const waiting = pool.run('echo', 'next');
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(job, { name: 'AbortError' });
  assert.equal(await waiting, 'next');
  assert.equal(shop.ended, 1);
  pool.dispose();
});

test('a hundred jobs cancelled in a row end a hundred workers and leave one', async () => {
  const shop = workshop((message, reply) => { if (message.task !== 'for ever') echo(message, reply); });
  const pool = new WorkerPool(shop.create, bytes, 2);
  for (let i = 0; i < 100; i++) {
    const controller = new AbortController();
    const job = pool.run('for ever', i, { signal: controller.signal });
    setTimeout(() => controller.abort(), 0);
    await assert.rejects(job, { name: 'AbortError' });
  }
  assert.equal(await pool.run('echo', 'next'), 'next');
  assert.ok(shop.alive() <= 2, `${shop.alive()} alive`);
  pool.dispose();
  assert.equal(shop.alive(), 0);
});

test('a job that waits is cancelled without harm to the one that runs', async () => {
  const shop = workshop(({ id, input }, reply) => setTimeout(() => reply({ type: 'done', id, result: input }), 40));
  const pool = new WorkerPool(shop.create, bytes, 1);
  const controller = new AbortController();
  const first = pool.run('echo', 1);
  const second = pool.run('echo', 2, { signal: controller.signal });
  setTimeout(() => controller.abort(), 10);
  await assert.rejects(second, { name: 'AbortError' });
  assert.equal(await first, 1);
  assert.equal(shop.ended, 0);
  pool.dispose();
});

test('a job for one worker waits for that one, and those behind it do not wait for the job', async () => {
  const shop = workshop(({ id, task, input }, reply, worker) => {
    worker.given = [...(worker.given ?? []), input];
    setTimeout(() => reply({ type: 'done', id, result: [...worker.given] }), task === 'slow' ? 60 : 5);
  });
  const pool = new WorkerPool(shop.create, bytes, 2);
  const order = [];
  const run = (task, input, options) => pool.run(task, input, options).then((result) => { order.push(input); return result; });
  const results = await Promise.all([run('slow', 'a', { worker: 0 }), run('quick', 'b', { worker: 0 }), run('quick', 'c', { worker: 1 }), run('quick', 'd')]);
  assert.deepEqual(results, [['a'], ['a', 'b'], ['c'], ['c', 'd']]);
  assert.deepEqual(order, ['c', 'd', 'a', 'b']);
  pool.tell('note', 'all');
  assert.deepEqual(await Promise.all([run('quick', 'e', { worker: 0 }), run('quick', 'f', { worker: 1 })]), [['a', 'b', 'all', 'e'], ['c', 'd', 'all', 'f']]);
  pool.dispose();
});

test('what is told to workers starts none', async () => {
  const shop = workshop(echo);
  const pool = new WorkerPool(shop.create, bytes, 2);
  pool.tell('note', 0);
  assert.equal(await pool.run('echo', 1, { worker: 1 }), 1);
  pool.tell('note', 0);
  assert.equal(shop.made, 1);
  pool.dispose();
});

test('a worker that hangs is given up within two seconds and replaced', async (t) => {
  const shop = workshop((message, reply) => { if (message.task !== 'hang') echo(message, reply); });
  const pool = new WorkerPool(shop.create, bytes, 1);
  assert.equal(await pool.run('echo', 'ready'), 'ready');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  let lost;
  pool.run('hang', 0).catch((error) => { lost = error; });
  await settled();
  t.mock.timers.tick(1500);
  await settled();
  assert.equal(lost, undefined, 'given up too early');
  t.mock.timers.tick(500);
  await settled();
  assert.equal(lost?.code, 'worker_lost');
  t.mock.timers.reset();
  assert.equal(await pool.run('echo', 'again'), 'again');
  assert.equal(shop.alive(), 1);
  pool.dispose();
});

test('a worker that begins and speaks keeps its job for as long as that takes, and loses it when it falls silent', async (t) => {
  let speak;
  const shop = workshop((message, reply) => {
    if (message.task !== 'long') return echo(message, reply);
    speak = (type) => reply({ type, id: message.id, progress: { stage: 'x', done: 1, total: 4 } });
    speak('started');
  });
  const pool = new WorkerPool(shop.create, bytes, 1);
  assert.equal(await pool.run('echo', 'ready'), 'ready');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const seen = [];
  let lost;
  pool.run('long', 0, { onProgress: (progress) => seen.push(progress) }).catch((error) => { lost = error; });
  await settled();
  t.mock.timers.tick(1);
  for (const type of ['alive', 'progress', 'alive', 'alive', 'progress', 'alive']) {
    t.mock.timers.tick(1800);
    speak(type);
    await settled();
    assert.equal(lost, undefined, type);
  }
  assert.equal(seen.length, 2);
  t.mock.timers.tick(2000);
  await settled();
  assert.equal(lost?.code, 'worker_lost');
  t.mock.timers.reset();
  assert.equal(await pool.run('echo', 'again'), 'again');
  pool.dispose();
});

test('a worker that dies rejects its job at once', async () => {
  const shop = workshop((message, reply, worker) => (message.task === 'die' ? worker.onerror({ preventDefault() {}, message: 'out of memory' }) : echo(message, reply)));
  const pool = new WorkerPool(shop.create, bytes, 1);
  await assert.rejects(pool.run('die', 0), /out of memory/);
  assert.equal(await pool.run('echo', 1), 1);
  pool.dispose();
});

test('a worker whose memory has run out is replaced, and the next job succeeds', async () => {
  const shop = workshop((message, reply) => (message.task === 'too much'
    ? reply({ type: 'error', id: message.id, error: { name: 'BitbudgetError', message: 'Not enough memory.', code: 'out_of_memory' } })
    : echo(message, reply)));
  const pool = new WorkerPool(shop.create, bytes, 1);
  const waiting = [pool.run('too much', 0), pool.run('echo', 1)];
  await assert.rejects(waiting[0], { code: 'out_of_memory', message: 'Not enough memory.' });
  assert.equal(await waiting[1], 1);
  assert.deepEqual([shop.made, shop.ended], [2, 1]);
  pool.dispose();
});

test('an error of the core keeps its code, field and offset', async () => {
  const shop = workshop(({ id }, reply) => reply({ type: 'error', id, error: { name: 'BitbudgetError', message: 'No.', code: 'missing_field', field: 'hidden_size', offset: 3 } }));
  const pool = new WorkerPool(shop.create, bytes, 1);
  await assert.rejects(pool.run('x', 0), { message: 'No.', code: 'missing_field', field: 'hidden_size', offset: 3 });
  pool.dispose();
});

test('a module that cannot be fetched rejects, and the next job tries again', async () => {
  let tries = 0;
  const pool = new WorkerPool(workshop(echo).create, () => (++tries === 1 ? Promise.reject(new Error('offline')) : bytes()), 1);
  await assert.rejects(pool.run('echo', 1), /offline/);
  assert.equal(await pool.run('echo', 2), 2);
  pool.dispose();
});

test('a signal that outlives its jobs keeps none of them', async () => {
  const pool = new WorkerPool(workshop(echo).create, bytes, 1);
  const { signal } = new AbortController();
  let listening = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...input) => { listening++; add(...input); };
  signal.removeEventListener = (...input) => { listening--; remove(...input); };
  for (let n = 0; n < 3; n++) await pool.run('echo', n, { signal });
  assert.equal(listening, 0);
  pool.dispose();
});
