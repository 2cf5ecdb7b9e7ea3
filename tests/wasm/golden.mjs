// The golden vectors as the package takes them: one list for Node.js and for browsers. tests/golden/README.md describes the data.
import { readFileSync } from 'node:fs';

const read = (name) => JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8'));

function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state;
  };
}

const uniform = (draw) => ((draw() >>> 8) - 8388608) / 8388608;

const kRows = 8;
const kColumns = 1024;
const fill = (count, value) => Float32Array.from({ length: count }, (_, i) => value(i));

/** The input families of the manifest, and `short`. */
function inputCase(name) {
  const count = kRows * kColumns;
  switch (name) {
    case 'zeros': return new Float32Array(count);
    case 'uniform': { const draw = generator(1); return fill(count, () => uniform(draw)); }
    case 'heavy': {
      const draw = generator(3);
      const f32 = Math.fround;
      return fill(count, () => {
        const u = uniform(draw);
        const w = uniform(draw);
        return f32(f32(u / f32(1.0009765625 - Math.abs(w))) * 0.0625);
      });
    }
    case 'outlier': {
      const draw = generator(5);
      const values = fill(count, () => uniform(draw) / 128);
      for (let row = 0; row < kRows; row++) values[row * kColumns + ((row * 131 + 7) % kColumns)] = row % 2 ? -8 : 8;
      return values;
    }
    case 'constant': return fill(count, (i) => [0.1, -0.1, i % 2 ? -0.3 : 0.3, 1][Math.floor(i / 256) % 4]);
    case 'bits': { const draw = generator(17); return new Float32Array(Uint32Array.from({ length: count }, draw).buffer); }
    case 'short': { const draw = generator(9); return fill(450, () => uniform(draw)); }
  }
  throw new Error(`no input ${name}`);
}

function shortBlock(seed) {
  const draw = generator(seed);
  return fill(256, () => ((draw() >>> 16) + (draw() >>> 16) + (draw() >>> 16) + (draw() >>> 16) - 131070) / 32768);
}

function importance() {
  const draw = generator(77);
  return fill(kColumns, () => 0.0625 + (draw() >>> 8) * 2 ** -24);
}

const fromHex = (hex) => new Float32Array(Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer);
const name = ({ format, input, weighted }) => `${format} of ${input}${weighted ? ', weighted' : ''}`;

/**
 * Every vector that is encoded: {name, format, values (Float32Array), rowLength, importance?, hex or sha256 of the bytes}.
 * Arrays are plain views: what a page gets is made from them.
 */
export function goldenVectors() {
  const vectors = [];
  const add = (vector) => vectors.push({ ...vector, name: name(vector) });
  for (const { case: input, type, kind, sha256 } of read('ggml/manifest.json').outputs) {
    const weighted = kind === 'imatrix';
    add({ format: type.toLowerCase(), input, weighted, values: inputCase(input), rowLength: kColumns, sha256, ...(weighted ? { importance: importance() } : {}) });
  }
  for (const { format, seed, hex } of read('ggml/short_blocks.json').vectors) {
    add({ format: format.toLowerCase(), input: `256 values of seed ${seed}`, values: shortBlock(seed), rowLength: 256, hex });
  }
  for (const file of ['uniform', 'floats', 'hqq', 'ieee']) {
    for (const vector of read(`${file}.json`).vectors) {
      const values = vector.case ? inputCase(vector.case) : vector.values === undefined ? undefined : fromHex(vector.values);
      if (!values || (vector.encoded === undefined && vector.encoded_sha256 === undefined)) continue;
      add({ format: vector.format, input: vector.case ?? 'given values', values, rowLength: vector.row_length ?? 0, hex: vector.encoded, sha256: vector.encoded_sha256 });
    }
  }
  return vectors;
}
