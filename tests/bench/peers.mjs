// bitbudget_bench in WebAssembly, then the same work by what npm offers, timed in the same way: rounds over all loops in turn,
// each beside a copy of the same bytes, medians of the rounds' ratios.
import { unzlibSync, zlibSync } from 'fflate';

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Options: rounds, sizes, and parts of names (only loops that contain one of them). */
export function parse(args) {
  const options = { rounds: 9, sizes: [], parts: [] };
  for (let i = 0; i < args.length; ++i) {
    if (args[i] === '--rounds') options.rounds = Number(args[++i]);
    else if (args[i] === '--size') options.sizes.push(Number(args[++i]));
    else options.parts.push(args[i]);
  }
  if (options.sizes.length === 0) options.sizes = [16 << 20, 256 << 10];
  return options;
}

/** About normal, from a fixed seed: the sum of four uniforms of a 32-bit xorshift. */
function makeValues(count) {
  let state = 1;
  const uniform = () => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) / 4294967296 - 0.5;
  };
  return Float32Array.from({ length: count }, () => (uniform() + uniform() + uniform() + uniform()) * Math.sqrt(3));
}

// Plain typed-array JavaScript.

const half = new Float32Array(1);
const halfBits = new Uint32Array(half.buffer);
/** binary16 of a value in its normal range, ties to even. */
function float16(x) {
  half[0] = x;
  const bits = halfBits[0];
  const rounded = (bits & 0x7fffffff) + 0xfff + ((bits >>> 13) & 1);
  return ((bits >>> 16) & 0x8000) | ((rounded >>> 13) - 0x1c000);
}

function encodeQ8(x, scales, codes) {
  for (let block = 0, i = 0; i < x.length; ++block, i += 32) {
    let largest = 0;
    for (let k = i; k < i + 32; ++k) largest = Math.max(largest, Math.abs(x[k]));
    const inverse = largest > 0 ? Math.fround(127 / largest) : 0;
    scales[block] = float16(largest / 127);
    for (let k = i; k < i + 32; ++k) {
      const q = x[k] * inverse;
      codes[k] = Math.trunc(q + (q < 0 ? -0.5 : 0.5));
    }
  }
}

function encodeQ4(x, scales, codes) {
  for (let block = 0, i = 0; i < x.length; ++block, i += 32) {
    let signed = 0;
    for (let k = i; k < i + 32; ++k) if (Math.abs(x[k]) > Math.abs(signed)) signed = x[k];
    const inverse = signed !== 0 ? Math.fround(-8 / signed) : 0;
    scales[block] = float16(signed / -8);
    for (let k = 0; k < 16; ++k) {
      const low = Math.min(15, (x[i + k] * inverse + 8.5) | 0);
      const high = Math.min(15, (x[i + k + 16] * inverse + 8.5) | 0);
      codes[i / 2 + k] = low | (high << 4);
    }
  }
}

function encodeInt8(x, codes) {
  let largest = 0;
  for (let i = 0; i < x.length; ++i) largest = Math.max(largest, Math.abs(x[i]));
  const inverse = largest > 0 ? 127 / largest : 0;
  for (let i = 0; i < x.length; ++i) codes[i] = Math.round(x[i] * inverse);
  return largest / 127;
}

function decodeInt8(codes, scale, out) {
  for (let i = 0; i < out.length; ++i) out[i] = codes[i] * scale;
}

function meanSquaredError(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}

// onnxruntime-web takes whole models: here is the smallest one around a single node. Protocol buffers are fields of a number,
// a kind and a payload (onnx.proto3 names the numbers).

const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))]);
const bytesOf = (value) => (typeof value === 'string' ? [...new TextEncoder().encode(value)] : value);
const field = (number, payload) => [...varint(number * 8 + 2), ...varint(bytesOf(payload).length), ...bytesOf(payload)];
const integer = (number, value) => [...varint(number * 8), ...varint(value)];

function modelOf(operator, inputType, outputType, count) {
  const FLOAT = 1;
  const INT8 = 3;
  const tensorType = (name, type, shape) =>
    [...field(1, name), ...field(2, field(1, [...integer(1, type), ...field(2, shape.flatMap((n) => field(1, integer(1, n))))]))];
  const constant = (name, type, raw) => [...integer(2, type), ...field(8, name), ...field(9, raw)];
  const scale = [...new Uint8Array(new Float32Array([1 / 32]).buffer)];
  const node = [...field(1, 'x'), ...field(1, 'scale'), ...field(1, 'zero'), ...field(2, 'y'), ...field(4, operator)];
  const graph = [...field(1, node), ...field(2, 'g'), ...field(5, constant('scale', FLOAT, scale)), ...field(5, constant('zero', INT8, [0])),
    ...field(11, tensorType('x', inputType, [count])), ...field(12, tensorType('y', outputType, [count]))];
  return Uint8Array.from([...integer(1, 8), ...field(7, graph), ...field(8, [...field(1, ''), ...integer(2, 13)])]);
}

async function onnxLoops(ort, values, codes) {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const quantize = await ort.InferenceSession.create(modelOf('QuantizeLinear', 1, 3, values.length));
  const dequantize = await ort.InferenceSession.create(modelOf('DequantizeLinear', 3, 1, values.length));
  const x = new ort.Tensor('float32', values, [values.length]);
  const q = new ort.Tensor('int8', codes, [codes.length]);
  return [
    { name: 'onnxruntime-web QuantizeLinear', run: () => quantize.run({ x }) },
    { name: 'onnxruntime-web DequantizeLinear', run: () => dequantize.run({ x: q }) },
  ];
}

async function secondsOf(run, times) {
  const start = performance.now();
  for (let i = 0; i < times; ++i) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  return (performance.now() - start) / times / 1000;
}

/** So many runs that a measurement takes about 4 ms, found after a tenth of a second of runs, as bench.cpp does. */
async function timesFor(run) {
  for (let spent = 0; spent < 0.1;) spent += Math.max(await secondsOf(run, 1), 1e-5);
  let times = 1;
  while (times < 10_000 && (await secondsOf(run, times)) * times < 0.003) times *= 2;
  return times;
}

async function benchPeers({ ort, print, size, rounds, parts }) {
  const values = makeValues(size / 4);
  const decoded = new Float32Array(values.length);
  const scales = new Uint16Array(values.length / 32);
  const signed = new Int8Array(values.length);
  const nibbles = new Uint8Array(values.length / 2);
  const target = new Uint8Array(size);
  const source = new Uint8Array(values.buffer);
  const scale = encodeInt8(values, signed);
  const codes = new Uint8Array(signed.buffer.slice(0, Math.min(signed.length, 1 << 20)));
  const packed = zlibSync(codes, { level: 1 });
  const loops = [
    { name: 'JavaScript q8_0 encode', run: () => encodeQ8(values, scales, signed) },
    { name: 'JavaScript q4_0 encode', run: () => encodeQ4(values, scales, nibbles) },
    { name: 'JavaScript int8 tensor encode', run: () => encodeInt8(values, signed) },
    { name: 'JavaScript int8 tensor decode', run: () => decodeInt8(signed, scale, decoded) },
    { name: 'JavaScript mean squared error', run: () => meanSquaredError(values, decoded) },
    // fflate's input is the int8 codes: 4 bytes of f32 stand for one byte of it.
    { name: 'fflate level 1 on int8 codes', run: () => zlibSync(codes, { level: 1 }), bytes: 4 * codes.length },
    { name: 'fflate inflate of them', run: () => unzlibSync(packed), bytes: 4 * codes.length },
    ...(await onnxLoops(ort, values, signed)),
  ].filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  if (loops.length === 0) return;

  const copy = () => target.set(source);
  const copyTimes = await timesFor(copy);
  for (const loop of loops) Object.assign(loop, { times: await timesFor(loop.run), seconds: [], copies: [], ratios: [] });
  for (let round = 0; round < rounds; ++round) {
    for (const loop of loops) {
      if (round >= 3 && loop.seconds[0] > 0.05) continue;
      const copied = await secondsOf(copy, copyTimes);
      const taken = await secondsOf(loop.run, loop.times);
      loop.seconds.push(taken);
      loop.copies.push(copied);
      loop.ratios.push((copied / taken) * ((loop.bytes ?? size) / size));
    }
  }
  const number = (value) => value.toFixed(2).padStart(8);
  for (const { name, seconds, ratios, copies, bytes = size } of loops) {
    const speed = (time) => bytes / time / 1e9;
    const best = (Math.min(...copies) / Math.min(...seconds)) * (bytes / size);
    print(`${name.padEnd(33)} ${number(speed(median(seconds)))} ${number(median(ratios))} ${number(speed(Math.min(...seconds)))} ${number(best)}`);
  }
}

/** `load` makes the bench's module, `ort` is onnxruntime-web; prints the whole table. */
export async function runBench({ load, ort, print, args }) {
  const { rounds, sizes, parts } = parse(args);
  const bench = await load({ print, printErr: print });
  for (const size of sizes) {
    bench.callMain(['--rounds', String(rounds), '--size', String(size), ...parts]);
    await benchPeers({ ort, print, size, rounds, parts });
  }
}
