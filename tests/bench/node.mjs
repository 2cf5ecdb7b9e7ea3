// The table under Node.js: node tests/bench/node.mjs [bench.cpp's arguments]
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { runBench } from './peers.mjs';

const args = process.argv.slice(2).filter((argument) => argument !== '--cpu');
if (args.length < process.argv.length - 2) {
  // Processor time of this process instead of the clock: what else runs on the machine does not enter it.
  const milliseconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
  Object.defineProperty(performance, 'now', { value: milliseconds });
}

const bench = new URL('../../build/wasm/tests/bench/bitbudget_bench.mjs', import.meta.url);
const { default: load } = await import(bench);
const wasmBinary = await readFile(new URL('bitbudget_bench.wasm', bench));
await runBench({ load: (options) => load({ ...options, wasmBinary }), ort, print: console.log, args });
process.exit(0); // onnxruntime-web keeps handles open
