// The page's own arithmetic with text: numbers for people, formulas as Python, the address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const vite = await sources();
test.after(() => vite.close());
const { bytes, inUnit, tokens, count, parseNumber, parseBytes, seconds } = await vite.ssrLoadModule('/format/numbers.ts');
const { toPython } = await vite.ssrLoadModule('/parts/python.ts');
const { symbolsIn } = await vite.ssrLoadModule('/parts/symbols.ts');
const { readHash, writeHash } = await vite.ssrLoadModule('/shell/hash.ts');
const plain = (text) => text.replaceAll('\u00a0', ' ');

test('bytes show three digits in either unit', () => {
  assert.equal(plain(bytes(13_476_831_232, 'GiB')), '12.6 GiB');
  assert.equal(plain(bytes(13_476_831_232, 'GB')), '13.5 GB');
  assert.equal(plain(bytes(0, 'GiB')), '0 B');
  assert.equal(plain(bytes(999_999_999, 'GB')), '1 GB');
  assert.equal(plain(bytes(2 ** 30, 'GiB', true)), '1.00 GiB');
  assert.equal(plain(bytes(1000 * 2 ** 20, 'GiB')), '0.977 GiB');
  assert.equal(inUnit(24 * 2 ** 30, 'GiB'), '24');
});

test('limits in tokens are never rounded up', () => {
  assert.equal(tokens(9_999), '9,999');
  assert.equal(tokens(117_999), '117k');
  assert.equal(tokens(73_790), '73.7k');
  assert.equal(tokens(1_999_999), '1.99M');
  assert.equal(tokens(Infinity), '∞');
});

test('other amounts', () => {
  assert.equal(plain(count(6_738_415_616)), '6.74 billion');
  assert.equal(plain(seconds(0.0123)), '12.3 ms');
  assert.equal(plain(seconds(90)), '90 s');
});

test('numbers are read as people type them', () => {
  assert.equal(parseNumber('131,072'), 131_072);
  assert.equal(parseNumber('128k'), 128_000);
  assert.equal(parseNumber('128 Ki'), 131_072);
  assert.equal(parseNumber('1.5e3'), 1500);
  assert.equal(parseNumber('-1'), undefined);
  assert.equal(parseNumber('lots'), undefined);
  assert.equal(parseBytes('24', 'GiB'), 24 * 2 ** 30);
  assert.equal(parseBytes('24', 'GB'), 24e9);
  assert.equal(parseBytes('24 GB', 'GiB'), 24e9);
  assert.equal(parseBytes('512 MiB', 'GB'), 2 ** 29);
});

test('formulas become Python with the same value', () => {
  const cases = [
    ['2 \\cdot 32 \\cdot 4{,}096 \\cdot \\frac{34}{32}', 2 * 32 * 4096 * (34 / 32)],
    ['32 (2 \\cdot 4{,}096 \\cdot 32 + 7)', 32 * (2 * 4096 * 32 + 7)],
    ['2 \\cdot 512 \\max(4096 + 32 \\cdot 128, 3 \\cdot 14{,}336)', 2 * 512 * Math.max(4096 + 32 * 128, 3 * 14336)],
    ['\\left\\lceil \\frac{7}{2} \\right\\rceil + 2^{10}', 4 + 1024],
    ['\\min(2048, 512) / 8', 64],
  ];
  for (const [latex, value] of cases) {
    const python = toPython(latex);
    assert.ok(python, latex);
    const evaluated = Function('math', 'min', 'max', `return ${python}`)(Object.assign(Object.create(Math), { sqrt: Math.sqrt, ceil: Math.ceil }), Math.min, Math.max);
    assert.equal(evaluated, value, `${latex} -> ${python}`);
  }
  assert.equal(toPython('\\sum_{i=1}^{n} x_i'), undefined);
});

test('the letters of a formula are explained, those of words and commands are not', () => {
  assert.deepEqual(symbolsIn('B \\, L \\, S \\, k \\, (h_k b_k + h_v b_v)').map(([symbol]) => symbol), ['B', 'L', 'S', 'k', 'h_k', 'b_k', 'h_v', 'b_v']);
  assert.deepEqual(symbolsIn('2 \\min(C, B S) \\max(d + a h, 3 f)').map(([symbol]) => symbol), ['C', 'B', 'S', 'd', 'a', 'h', 'f']);
  assert.deepEqual(symbolsIn('N \\cdot \\frac{b_{\\text{block}}}{n_{\\text{block}}}').map(([symbol]) => symbol), ['N', 'b_{\\text{block}}', 'n_{\\text{block}}']);
  assert.deepEqual(symbolsIn('\\text{all bytes}'), []);
});

test('an address reads back as it was written', () => {
  const params = { model: 'llama-3.1-8b', config: '{"a": "ü & = # %"}', context: '4096' };
  const route = readHash(writeHash('fit', params), ['fit', 'lab']);
  assert.deepEqual(route, { view: 'fit', params, problems: [] });
  assert.deepEqual(readHash('', ['fit']), { view: 'fit', params: {}, problems: [] });
});
