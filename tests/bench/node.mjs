// The table under Node.js: node tests/bench/node.mjs [bench.cpp's arguments]
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { runBench } from './peers.mjs';

const bench = new URL('../../build/wasm/tests/bench/bitbudget_bench.mjs', import.meta.url);
const { default: load } = await import(bench);
const wasmBinary = await readFile(new URL('bitbudget_bench.wasm', bench));
await runBench({ load: (options) => load({ ...options, wasmBinary }), ort, print: console.log, args: process.argv.slice(2) });
process.exit(0); // onnxruntime-web keeps handles open
