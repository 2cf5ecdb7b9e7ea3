// A large tensor on one worker of the page and on two: the page's own pool, tasks and cutting, from its sources.
import { fileURLToPath } from 'node:url';
import { createServer } from '../../web/node_modules/vite/dist/node/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const script = `
  import { WorkerPool } from '/worker/pool.ts';
  import CoreWorker from '/worker/worker.ts?worker';
  import { wasmBytes } from 'virtual:wasm';
  import { cut, partsTask, spread } from '/views/lab/parts.ts';

  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const rows = 4096, columns = 4096;
  const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 12.9898) * ((i * 7919) % 613) / 200);
  const tensor = { source: 'bench', rows, columns, grid: { rowsPerCell: 16 }, values, method: { search: 'absmax', rotate: false, tensorRange: [-6, 6] } };

  // Encodes, decodes and compares the whole tensor; seconds.
  async function pass(pool, format) {
    const parts = cut(tensor, { ...format, tensorBytes: 0, encodesInParts: true });
    const start = performance.now();
    await spread(parts, pool.size, () => true, partsTask((...job) => pool.run(...job), tensor, parts, { format: format.id, columns, method: tensor.method }, {}));
    return (performance.now() - start) / 1000;
  }

  window.measureWorkers = async (rounds) => {
    const pools = [1, 2].map((size) => new WorkerPool(() => new CoreWorker(), async () => [await wasmBytes()], size));
    const results = [];
    for (const format of [{ id: 'q8_0', blockLength: 32 }, { id: 'q4_k', blockLength: 256 }]) {
      const times = [[], []], ratios = [];
      for (let round = -1; round < rounds; round++) {
        const taken = [await pass(pools[0], format), await pass(pools[1], format)];
        if (round < 0) continue;  // the workers start, and compile
        taken.forEach((seconds, i) => times[i].push(seconds));
        ratios.push(taken[0] / taken[1]);
      }
      const speeds = times.map((each) => values.byteLength / median(each) / 1e9);
      results.push({ format: format.id, one: speeds[0], two: speeds[1], ratio: median(ratios), best: Math.min(...times[0]) / Math.min(...times[1]) });
    }
    for (const pool of pools) pool.dispose();
    return results;
  };
  document.title = 'ready';`;

const bench = {
  name: 'bench',
  configureServer(server) {
    server.middlewares.use('/bench.html', (_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/bench-workers.js"></script>');
    });
  },
  resolveId: (id) => (id === '/bench-workers.js' ? id : null),
  load: (id) => (id === '/bench-workers.js' ? script : null),
};

/** Prints how the pass over 64 MiB (encode, decode, error sums) goes on one worker and on two. */
export async function benchWorkers(browser, print, rounds) {
  const server = await createServer({
    root: `${root}web`, configFile: `${root}web/vite.config.ts`, logLevel: 'error', plugins: [bench], cacheDir: `${root}build/bench-vite`,
    server: { port: 0, host: '127.0.0.1', hmr: false, ws: false, fs: { allow: [root] } }, optimizeDeps: { noDiscovery: true },
  });
  try {
    await server.listen();
    const page = await browser.newPage();
    page.on('pageerror', (error) => print(String(error)));
    await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/bench.html`);
    await page.waitForFunction(() => document.title === 'ready');
    print(`${'the page, encode + decode + compare'.padEnd(36)} ${'1 worker'.padStart(9)} ${'2 workers'.padStart(9)} ${'ratio'.padStart(8)} ${'best'.padStart(8)}   (65536 KiB of f32; GB/s)`);
    for (const { format, one, two, ratio, best } of await page.evaluate((n) => window.measureWorkers(n), rounds)) {
      print(`${format.padEnd(36)} ${one.toFixed(3).padStart(9)} ${two.toFixed(3).padStart(9)} ${ratio.toFixed(2).padStart(8)} ${best.toFixed(2).padStart(8)}`);
    }
    await page.close();
  } finally {
    await server.close();
  }
}
