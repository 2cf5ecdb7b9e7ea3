// The table in headless Chromium: node tests/bench/chromium.mjs [--workers] [bench.cpp's arguments]
//
// After it, unless loops are named: the page's work on one worker and on two. --workers: that alone.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';
import { parse } from './peers.mjs';
import { benchWorkers } from './workers.mjs';

const args = process.argv.slice(2).filter((argument) => argument !== '--workers');
const workersOnly = args.length < process.argv.length - 2;
const { parts, rounds } = parse(args);

const root = new URL('../../', import.meta.url);
const types = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };
// Cross-origin isolation gives the page a clock with steps of 5 microseconds instead of 100.
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const server = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname.slice(1);
  try {
    if (!/^(build\/wasm\/tests\/bench|tests\/bench)\/[\w./-]+$/.test(path) || path.includes('..')) throw new Error('not served');
    const body = await readFile(new URL(path, root));
    response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', ...isolation }).end(body);
  } catch {
    response.writeHead(404, isolation).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
let failed = false;
try {
  console.log(`Chromium ${browser.version()}`);
  if (!workersOnly) {
    const page = await browser.newPage();
    page.on('console', (message) => console.log(message.text()));
    page.on('pageerror', (error) => { failed = true; console.error(error); });
    await page.goto(`http://127.0.0.1:${server.address().port}/tests/bench/page.html`);
    await page.waitForFunction(() => window.startBench);
    await page.evaluate((given) => window.startBench(given), args);
    await page.close();
  }
  if (parts.length === 0) await benchWorkers(browser, console.log, rounds);
} finally {
  await browser.close();
  server.close();
}
process.exit(failed ? 1 : 0);
