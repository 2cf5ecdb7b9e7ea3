// Compressing a whole checkpoint in Chromium: what is written re-reads with other people's readers, byte for byte as planned.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { load } from '../../build/package/index.js';
import { launch, open, start } from './browser.mjs';
import { answer, bytesAt, compress, failure, fetchFile, file, onDisk, openFiles, panel, press, readCsv, readGguf, readSafetensors, result, row, rows, safetensors } from './compress.mjs';
import { watchMemory } from './memory.mjs';
import { elements, llamaTensors, valuesOf, writeCheckpoint } from './synthetic.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const bitbudget = await load();

/** ggml's numbers. */
const kTypes = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8, Q5_0: 6, Q2_K: 10, Q4_K: 12, Q6_K: 14, BF16: 30 };
const bf16 = (index, count) => bitbudget.decode('bf16', new Uint8Array(valuesOf(index, count).buffer), count);
const typedBytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const choose = (page, id, value) => panel(page).locator(`#${id}`).selectOption(value);
/** "254 MiB shrinks to 128 MiB: 8.028 bits per weight" -> 8.028. */
const bitsShown = async (page) => Number(/([\d.]+) bits per weight/.exec(await answer(page).innerText())[1]);
const settled = (page, text) => answer(page).filter({ hasText: text }).waitFor();

const small = { layers: 3, hidden: 512, inner: 1376, keys: 128, vocabulary: 1000 };
const smallShapes = llamaTensors(small);

describe('Compress', () => {
  let browser;
  let host;
  let folder;
  let smallFiles;
  before(async () => {
    browser = await launch();
    host = await start();
    folder = mkdtempSync(join(tmpdir(), 'bitbudget-compress-'));
    smallFiles = writeCheckpoint(mkdtempSync(join(folder, 'small-')), smallShapes, 2);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('256 MiB in four shards become a GGUF that another reader reads, in less than 512 MB of memory', async () => {
    const shapes = llamaTensors({ layers: 10, hidden: 1024, inner: 2816, keys: 256, vocabulary: 10_500 });
    const { paths, names, total } = writeCheckpoint(mkdtempSync(join(folder, 'large-')), shapes, 4);
    assert.ok(total >= 256 * 2 ** 20);
    const { page, troubles, close } = await openFiles(browser, host, paths);
    await choose(page, 'container', 'gguf');
    await settled(page, '4.90');
    const memory = watchMemory();
    await compress(page);
    const { peak } = memory.stop();
    assert.equal(await failure(page).count(), 0);
    assert.ok(peak.page > 0 && peak.page < 512e6, `the page held ${peak.page} bytes`);
    assert.ok(peak.browser < 512e6, `the browser held ${peak.browser} bytes`);

    const path = await fetchFile(page, 'model-Q4_K_M.gguf');
    const { metadata, tensors } = await readGguf(path);
    assert.equal(metadata['general.architecture'], 'unknown');
    assert.equal(metadata['general.file_type'], 15);
    assert.deepEqual([...tensors.keys()].sort(), [...names].sort());
    const csv = readCsv((await press(page, 'Every tensor as CSV', result(page))).path);
    // One of each type and kind, among them the largest, which is encoded in many chunks.
    const expected = {
      'model.embed_tokens.weight': 'Q4_K', 'lm_head.weight': 'Q6_K', 'model.norm.weight': 'BF16', 'model.layers.0.self_attn.v_proj.weight': 'Q6_K',
      'model.layers.2.self_attn.v_proj.weight': 'Q4_K', 'model.layers.2.self_attn.q_proj.weight': 'Q4_K', 'model.layers.9.mlp.down_proj.weight': 'Q6_K',
    };
    for (const [name, type] of Object.entries(expected)) {
      const { shape, dtype, offset } = tensors.get(name);
      assert.deepEqual(shape, shapes[name], name);
      assert.equal(dtype, kTypes[type], name);
      const values = bf16(names.indexOf(name), elements(shape));
      const bytes = bitbudget.encode(type.toLowerCase(), values, { rowLength: shape.at(-1) });
      assert.ok(bytesAt(path, offset, bytes.length).equals(bytes), name);
      const line = csv.get(name);
      assert.equal(Number(line.bytes_after), bytes.length);
      if (type === 'BF16') assert.equal(line.sqnr_db, 'exact');
      else assert.ok(Math.abs(Number(line.sqnr_db) - bitbudget.compare(values, bitbudget.decode(type.toLowerCase(), bytes, values.length, { rowLength: shape.at(-1) })).sqnrDb) < 1e-9, name);
    }
    assert.equal([...csv.values()].reduce((sum, { bytes_before: bytes }) => sum + Number(bytes), 0), total);
    // Our own reader finds the same.
    const report = bitbudget.inspect(bytesAt(path, 0, 65_536), { fileSize: (await onDisk(page))['model-Q4_K_M.gguf'] });
    for (const { name, offset } of report.tensors) assert.equal(offset, tensors.get(name).offset, name);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('where there is no dialogue, a file too large for memory waits in the browser’s storage until it is saved', async () => {
    const shapes = llamaTensors({ layers: 10, hidden: 1024, inner: 2816, keys: 256, vocabulary: 10_500 });
    const { paths, names, total } = writeCheckpoint(mkdtempSync(join(folder, 'stored-')), shapes, 4);
    assert.ok(total > 192 * 2 ** 20);
    const { page, troubles, close } = await openFiles(browser, host, paths, { disk: false });
    const stored = () => page.evaluate(async () => {
      const sizes = [];
      for await (const handle of (await (await navigator.storage.getDirectory()).getDirectoryHandle('bitbudget-output')).values()) sizes.push((await handle.getFile()).size);
      return sizes;
    });
    // Nothing is chosen: all of it is copied.
    await choose(page, 'approach', 'kinds');
    await panel(page).getByText('Kept in this browser’s own storage until you save it').waitFor();
    const memory = watchMemory();
    await compress(page);
    const { peak } = memory.stop();
    assert.equal(await failure(page).count(), 0);
    assert.ok(peak.page < 512e6 && peak.browser < 512e6, `the page held ${peak.page} bytes, the browser ${peak.browser}`);
    await result(page).getByText('kept in this browser’s own storage until it is saved').waitFor();
    const { path, name } = await press(page, /^Save model/, result(page));
    assert.equal(name, 'model-mix.safetensors');
    const { tensors } = await readSafetensors(path);
    assert.deepEqual([...tensors.keys()].sort(), [...names].sort());
    for (const each of ['model.embed_tokens.weight', 'lm_head.weight', 'model.layers.9.mlp.down_proj.weight']) {
      assert.ok(tensors.get(each).bytes().equals(typedBytes(valuesOf(names.indexOf(each), elements(shapes[each])))), each);
    }
    const [size] = await stored();
    assert.ok(size > total);
    // The next file takes its place, and a page that is gone leaves none behind.
    await panel(page).getByRole('button', { name: /^Compress/ }).click();
    await result(page).waitFor({ state: 'detached' });
    await result(page).waitFor({ timeout: 120_000 });
    assert.deepEqual(await stored(), [size]);
    await page.reload();
    await page.locator('bb-files input[type=file]').setInputFiles(paths);
    await panel(page).locator('.answer').waitFor();
    assert.deepEqual(await stored(), []);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('safetensors with scaled FP8 and packed integers re-read with another reader, tensor by tensor', async () => {
    const { page, troubles, close } = await openFiles(browser, host, smallFiles.paths, { disk: false });
    await panel(page).locator('summary', { hasText: 'Exceptions by name' }).click();
    await panel(page).locator('#patterns').fill('*q_proj.weight = packed_int4_sym_g128\n/layers\\.1\\.self_attn\\.k_proj/ = packed_int4_asym_g32\n*up_proj.weight = f8_e4m3\n*o_proj.weight = bf16\n*down_proj* = packed_int8_sym_row\nlm_head.weight = f16');
    await compress(page);
    const { path, name: saved } = await press(page, /^Save model/, result(page));
    assert.equal(saved, 'model-F8_E4M3_ROW.safetensors');
    const { metadata, tensors } = await readSafetensors(path);
    assert.deepEqual(metadata, { format: 'pt' });
    const index = (name) => smallFiles.names.indexOf(name);
    const values = (name) => bf16(index(name), elements(smallShapes[name]));

    const rowScaled = 'model.layers.0.mlp.gate_proj.weight';
    const { dtype, shape, bytes } = tensors.get(rowScaled);
    assert.deepEqual([dtype, shape], ['F8_E4M3', smallShapes[rowScaled]]);
    assert.deepEqual(tensors.get(`${rowScaled}_scale`).shape, [shape[0], 1]);
    const encoded = bitbudget.encode('f8_e4m3_row', values(rowScaled), { rowLength: shape[1] });
    for (const line of [0, 1, shape[0] - 1]) {
      assert.ok(bytes().subarray(line * shape[1], (line + 1) * shape[1]).equals(encoded.subarray(line * (shape[1] + 4) + 4, (line + 1) * (shape[1] + 4))));
      assert.ok(tensors.get(`${rowScaled}_scale`).bytes().subarray(4 * line, 4 * line + 4).equals(encoded.subarray(line * (shape[1] + 4), line * (shape[1] + 4) + 4)));
    }

    // One scale for the tensor, whose largest value has to be known before the first chunk is encoded.
    const scaled = 'model.layers.2.mlp.up_proj.weight';
    const whole = Buffer.from(bitbudget.encode('f8_e4m3', values(scaled)));
    assert.ok(tensors.get(`${scaled}_scale`).bytes().equals(whole.subarray(0, 4)));
    assert.ok(tensors.get(scaled).bytes().equals(whole.subarray(4)));

    for (const [name, bits, group, rule] of [['model.layers.1.self_attn.q_proj', 4, 128, 'compressed-tensors'], ['model.layers.1.self_attn.k_proj', 4, 32, 'compressed-tensors-asymmetric'], ['model.layers.1.mlp.down_proj', 8, 1376, 'compressed-tensors']]) {
      const [height, columns] = smallShapes[`${name}.weight`];
      assert.ok(!tensors.has(`${name}.weight`));
      const packed = bitbudget.packWeight(bitbudget.quantizeWeight(values(`${name}.weight`), { columns, bits, group, rule }), 'compressed-tensors');
      for (const [part, array] of Object.entries(packed)) assert.ok(tensors.get(`${name}.${part}`).bytes().equals(typedBytes(array)), `${name}.${part}`);
      assert.deepEqual([...new BigInt64Array(new Uint8Array(tensors.get(`${name}.weight_shape`).bytes()).buffer)], [BigInt(height), BigInt(columns)]);
      assert.deepEqual(tensors.get(`${name}.weight_scale`).shape, [height, columns / group]);
    }
    const kept = 'model.layers.0.self_attn.o_proj.weight';
    assert.ok(tensors.get(kept).bytes().equals(typedBytes(valuesOf(index(kept), elements(smallShapes[kept])))));
    assert.equal(tensors.get('lm_head.weight').dtype, 'F16');
    assert.ok(tensors.get('lm_head.weight').bytes().equals(Buffer.from(bitbudget.encode('f16', values('lm_head.weight')))));

    // What is said of each module is what the file holds of it.
    const { path: saidPath, name: said } = await press(page, /^Save quantization_config/, result(page));
    assert.equal(said, 'quantization_config.json');
    const { quantization_config: config } = JSON.parse(readFileSync(saidPath, 'utf8'));
    assert.deepEqual([config.quant_method, config.format, config.quantization_status], ['compressed-tensors', 'mixed-precision', 'compressed']);
    const told = new Map(Object.values(config.config_groups).flatMap(({ targets, format, weights }) => targets.map((target) => [target, { format, ...weights }])));
    for (const [name, matrix] of Object.entries(smallShapes).filter(([, each]) => each.length === 2)) {
      const module = name.replace(/\.weight$/, '');
      const { format, num_bits: bits, type, symmetric, strategy, group_size: group } = told.get(module) ?? {};
      assert.equal(config.ignore.includes(module), format === undefined, module);
      assert.equal(tensors.has(`${module}.weight_packed`), format === 'pack-quantized', module);
      assert.equal(tensors.get(`${module}.weight`)?.dtype === 'F8_E4M3', format === 'float-quantized', module);
      if (format === undefined) continue;
      const [height, columns] = matrix;
      assert.deepEqual(tensors.get(`${module}.weight_scale`).shape, strategy === 'tensor' ? [1] : [height, strategy === 'channel' ? 1 : columns / group]);
      assert.equal(type, format === 'pack-quantized' ? 'int' : 'float');
      assert.equal(tensors.has(`${module}.weight_zero_point`), !symmetric);
      if (type === 'int') assert.equal(tensors.get(`${module}.weight_packed`).shape[1], (columns * bits) / 32);
    }
    assert.deepEqual([...new Set([...told.values()].map(({ num_bits: bits, strategy }) => `${bits} ${strategy}`))].sort(), ['4 group', '8 channel', '8 tensor']);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('rows that do not fit a format take what llama.cpp gives them, and the table says so; any row is changed by hand', async () => {
    const { page, troubles, close } = await openFiles(browser, host, smallFiles.paths);
    await choose(page, 'container', 'gguf');
    // 1376 = 43 x 32: the rows of down_proj are no multiple of 256.
    await row(page, 'mlp.down_proj').getByText('Its rows of 1376 are no multiple of 256.').first().waitFor();
    await row(page, 'self_attn.q_proj').getByRole('button', { expanded: false }).click();
    const one = row(page, 'model.layers.1.self_attn.q_proj.weight');
    const before = await bitsShown(page);
    await one.locator('select').selectOption('q8_0');
    await panel(page).getByRole('button', { name: 'Undo 1 by hand' }).waitFor();
    const changed = await bitsShown(page);
    assert.ok(changed > before);
    assert.equal(await row(page, 'self_attn.q_proj').first().locator('select').inputValue(), '');
    await compress(page);
    const { tensors } = await readGguf(await fetchFile(page, 'model-Q4_K_M.gguf'));
    assert.equal(tensors.get('model.layers.1.self_attn.q_proj.weight').dtype, kTypes.Q8_0);
    assert.equal(tensors.get('model.layers.2.self_attn.q_proj.weight').dtype, kTypes.Q4_K);
    // For the mixture's Q4_K and, in the last eighth of the layers, Q6_K.
    assert.deepEqual([1, 2].map((layer) => tensors.get(`model.layers.${layer}.mlp.down_proj.weight`).dtype), [kTypes.Q5_0, kTypes.Q8_0]);
    await panel(page).getByRole('button', { name: 'Undo 1 by hand' }).click();
    assert.equal(await bitsShown(page), before);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('formats by kind, and for all weights; vectors and norms stay', async () => {
    const { page, close } = await openFiles(browser, host, smallFiles.paths);
    await choose(page, 'container', 'gguf');
    await choose(page, 'approach', 'one');
    await choose(page, 'one', 'q8_0');
    const matrices = Object.values(smallShapes).filter((shape) => shape.length === 2).reduce((sum, shape) => sum + elements(shape), 0);
    const vectors = Object.values(smallShapes).filter((shape) => shape.length === 1).reduce((sum, shape) => sum + elements(shape), 0);
    assert.equal(await answer(page).locator('span').getAttribute('title'), `${((matrices * 34) / 32 + 2 * vectors).toLocaleString('en')} bytes`);
    await choose(page, 'approach', 'kinds');
    await choose(page, 'kind-attention', 'q4_0');
    const attention = Object.entries(smallShapes).filter(([name]) => name.includes('self_attn')).reduce((sum, [, shape]) => sum + elements(shape), 0);
    assert.equal(await answer(page).locator('span').getAttribute('title'), `${((attention * 18) / 32 + 2 * (matrices - attention + vectors)).toLocaleString('en')} bytes`);
    await close();
  });

  test('a budget is kept, spent on what gains most, and refused with the figure where it is too small', async () => {
    const { page, troubles, close } = await openFiles(browser, host, smallFiles.paths);
    await choose(page, 'container', 'gguf');
    await choose(page, 'approach', 'budget');
    const field = panel(page).getByLabel('All tensors together, at most');
    await field.fill('5.5 bits');
    await field.press('Enter');
    await panel(page).getByRole('button', { name: 'Measure and solve' }).click();
    await panel(page).getByRole('button', { name: 'Measure and solve again' }).waitFor();
    const spent = await bitsShown(page);
    assert.ok(spent <= 5.5 && spent > 5, `${spent} bits per weight`);
    assert.equal(await panel(page).locator('tr.total td').last().innerText() === '–', false);
    const sampled = Number((await panel(page).locator('tr.total td').last().innerText()).replace(/[^\d.]/g, ''));
    await field.fill('8 bits');
    await field.press('Enter');
    await page.waitForFunction((old) => !document.querySelector('bb-app').shadowRoot.querySelector('bb-files').shadowRoot.querySelector('bb-compress').shadowRoot.querySelector('tr.total td:last-child').textContent.includes(old), String(sampled));
    assert.ok(Number((await panel(page).locator('tr.total td').last().innerText()).replace(/[^\d.]/g, '')) > sampled + 5);
    // A change by hand is not weighed until it is solved again, and then kept.
    const stale = panel(page).getByText('after the budget was solved');
    assert.equal(await stale.count(), 0);
    await row(page, 'lm_head').locator('select').selectOption('f16');
    await stale.waitFor();
    assert.ok(await bitsShown(page) > 8);
    await panel(page).getByRole('button', { name: 'Undo 1 by hand' }).click();
    await stale.waitFor({ state: 'detached' });
    await row(page, 'lm_head').locator('select').selectOption('f16');
    assert.match(await stale.innerText(), /the plan takes [\d.]+\s[KM]iB more than it allows/);
    await panel(page).getByRole('button', { name: 'Solve again around these changes' }).click();
    await stale.waitFor({ state: 'detached' });
    assert.ok(await bitsShown(page) <= 8);
    assert.equal(await row(page, 'lm_head').locator('select').inputValue(), 'f16');
    await field.fill('1 bits');
    await field.press('Enter');
    await panel(page).getByText(/The smallest of these formats need [\d,]+ bytes/).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a sample of the rows tells the error of the whole', async () => {
    const { page, close } = await openFiles(browser, host, smallFiles.paths);
    await choose(page, 'container', 'gguf');
    await choose(page, 'approach', 'one');
    await choose(page, 'one', 'q4_0');
    await panel(page).getByRole('button', { name: 'Measure on samples' }).click();
    await page.waitForFunction(() => { const total = document.querySelector('bb-app').shadowRoot.querySelector('bb-files').shadowRoot.querySelector('bb-compress').shadowRoot.querySelector('tr.total td:last-child'); return total.textContent.includes('dB'); });
    const sampled = Number((await row(page, 'mlp.gate_proj').first().locator('td').last().innerText()).replace(/[^\d.]/g, ''));
    await compress(page);
    const csv = readCsv((await press(page, 'Every tensor as CSV', result(page))).path);
    const real = Number(csv.get('model.layers.1.mlp.gate_proj.weight').sqnr_db);
    // 65,536 values of a normal distribution: their mean square error is right to about 1 %, 0.05 dB.
    assert.ok(Math.abs(sampled - real) < 0.2, `${sampled} dB of a sample, ${real} dB of all`);
    await close();
  });

  test('a GGUF is compressed with its metadata, and what has no decoder is copied', async () => {
    const list = [{ name: 'token_embd.weight', type: 'F16', shape: [100, 256] }, { name: 'blk.0.attn_q.weight', type: 'F32', shape: [256, 256] }, { name: 'blk.0.ffn_up.weight', type: 'IQ2_XXS', shape: [256, 256] }, { name: 'output_norm.weight', type: 'F32', shape: [256] }];
    const layout = bitbudget.layoutFile('gguf', list, { metadata: { 'general.architecture': 'llama', 'general.name': 'tiny', 'llama.block_count': 1, 'tokenizer.ggml.model': 'gpt2', 'general.file_type': 1, 'split.count': 1 } });
    const whole = Buffer.alloc(layout.fileSize);
    whole.set(layout.header);
    const values = bitbudget.randomTensor('normal', 65_536, { seed: 8 });
    whole.set(bitbudget.encode('f16', values.subarray(0, 25_600)), layout.offsets[0]);
    whole.set(bitbudget.encode('f32', values), layout.offsets[1]);
    for (let i = 0; i < 16_896; i++) whole[layout.offsets[2] + i] = i * 7;
    whole.set(bitbudget.encode('f32', values.subarray(0, 256)), layout.offsets[3]);
    const { page, close } = await openFiles(browser, host, file('tiny.gguf', whole));
    await compress(page);
    const path = await fetchFile(page, 'tiny-Q4_K_M.gguf');
    const { metadata, tensors } = await readGguf(path);
    assert.equal(metadata['tokenizer.ggml.model'], 'gpt2');
    assert.equal(metadata['general.name'], 'tiny');
    assert.equal(metadata['general.file_type'], 15);
    assert.equal(metadata['split.count'], undefined);
    assert.equal(tensors.get('blk.0.attn_q.weight').dtype, kTypes.Q4_K);
    assert.ok(bytesAt(path, tensors.get('blk.0.attn_q.weight').offset, 36_864).equals(bitbudget.encode('q4_k', values, { rowLength: 256 })));
    assert.ok(bytesAt(path, tensors.get('blk.0.ffn_up.weight').offset, 16_896).equals(whole.subarray(layout.offsets[2], layout.offsets[2] + 16_896)));
    // safetensors has no such type, and it cannot be decoded: said before anything is written.
    await choose(page, 'container', 'safetensors');
    await panel(page).getByText('“blk.0.ffn_up.weight”').waitFor();
    assert.ok(await panel(page).getByRole('button', { name: /^Compress/ }).isDisabled());
    await close();
  });

  test('types that a GGUF lacks are written as ones that hold their values, empty tensors too; a fifth dimension is refused before anything is written', async () => {
    const tensors = {
      'layers.0.mlp.weight': { dtype: 'F8_E4M3', shape: [2, 256], data: Uint8Array.from({ length: 512 }, (_, i) => (i % 128 === 127 ? 0 : i & 255)) },
      'layers.0.mask': { dtype: 'BOOL', shape: [4], data: Uint8Array.of(0, 1, 1, 0) },
      'layers.0.codes': { dtype: 'U8', shape: [2, 2], data: Uint8Array.of(0, 1, 254, 255) },
      'layers.0.steps': { dtype: 'I64', shape: [1], data: BigInt64Array.of(-5n) },
      'layers.0.none.weight': { dtype: 'BF16', shape: [0, 64], data: new Uint16Array(0) },
    };
    const { page, close } = await openFiles(browser, host, file('odd.safetensors', safetensors(tensors)));
    await choose(page, 'container', 'gguf');
    await row(page, 'layers.*.mask').or(row(page, 'layers.0.mask')).getByText('A GGUF has no BOOL: its values are written as F32.').waitFor();
    await row(page, 'layers.0.mlp.weight').locator('select').selectOption('keep');
    await compress(page);
    assert.equal(await failure(page).count(), 0);
    const path = await fetchFile(page, 'odd-Q4_K_M.gguf');
    const { tensors: written } = await readGguf(path);
    const at = (name, bytes) => bytesAt(path, written.get(name).offset, bytes);
    assert.equal(written.get('layers.0.mlp.weight').dtype, kTypes.F16);
    const halves = bitbudget.decode('f16', at('layers.0.mlp.weight', 1024), 512);
    assert.deepEqual(halves, bitbudget.decodeTensor({ name: 'w', type: 'F8_E4M3', shape: [512], offset: 0, byteLength: 512 }, tensors['layers.0.mlp.weight'].data));
    assert.deepEqual([...new Float32Array(new Uint8Array(at('layers.0.mask', 16)).buffer)], [0, 1, 1, 0]);
    assert.deepEqual([...new Float32Array(new Uint8Array(at('layers.0.codes', 16)).buffer)], [0, 1, 254, 255]);
    assert.equal(at('layers.0.steps', 8).readBigInt64LE(), -5n);
    assert.deepEqual(written.get('layers.0.none.weight').shape, [0, 64]);
    await page.locator('bb-files input[type=file]').setInputFiles(file('deep.safetensors', safetensors({ 'deep.weight': { dtype: 'F32', shape: [1, 1, 1, 1, 32], data: new Float32Array(32) } })));
    await row(page, 'deep.weight').waitFor();
    await choose(page, 'container', 'gguf');
    await row(page, 'deep.weight').locator('select').selectOption('keep');
    await compress(page);
    assert.match(await failure(page).innerText(), /dimension/);
    assert.deepEqual(Object.keys(await onDisk(page)), ['odd-Q4_K_M.gguf']);
    await close();
  });

  test('a job goes on while another view is shown, and what it made is still there afterwards', async () => {
    const { page, troubles, close } = await openFiles(browser, host, smallFiles.paths, { disk: false });
    await choose(page, 'container', 'gguf');
    await panel(page).getByRole('button', { name: /^Compress/ }).click();
    await page.locator('nav').getByRole('link', { name: 'Fit' }).click();
    await page.locator('bb-fit').waitFor();
    await page.goBack();
    await result(page).waitFor();
    const { tensors } = await readGguf((await press(page, /^Save model/, result(page))).path);
    assert.equal(tensors.size, smallFiles.names.length);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a config.json that joins later leaves the plan as it is; another checkpoint begins anew', async () => {
    const { page, close } = await openFiles(browser, host, smallFiles.paths);
    await choose(page, 'approach', 'one');
    await choose(page, 'one', 'bf16');
    await row(page, 'lm_head').locator('select').selectOption('f8_e5m2');
    await page.getByRole('button', { name: 'Compress', exact: true }).click();
    assert.equal(await page.evaluate(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at.textContent; }), 'Compress');
    const config = { model_type: 'llama', hidden_size: 512, num_hidden_layers: 3, num_attention_heads: 8, num_key_value_heads: 2, intermediate_size: 1376, vocab_size: 1000, tie_word_embeddings: false };
    const input = page.locator('bb-files input[type=file]');
    await input.setInputFiles(file('config.json', Buffer.from(JSON.stringify(config))));
    await page.locator('bb-files').getByText('config.json').first().waitFor();
    await panel(page).getByRole('button', { name: 'Undo 1 by hand' }).waitFor();
    assert.equal(await row(page, 'lm_head').locator('select').inputValue(), 'f8_e5m2');
    await input.setInputFiles(file('other.safetensors', safetensors({ 'a.weight': { dtype: 'F32', shape: [2, 64], data: new Float32Array(128) } })));
    await row(page, 'a.weight').waitFor();
    assert.equal(await panel(page).getByRole('button', { name: /by hand/ }).count(), 0);
    await close();
  });

  test('the plan goes to other engines in their words', async () => {
    const { page, close } = await openFiles(browser, host, smallFiles.paths);
    await choose(page, 'container', 'gguf');
    await panel(page).getByRole('button', { name: 'llama-quantize command' }).click();
    const command = await panel(page).locator('pre.export').innerText();
    assert.match(command, /^llama-quantize \\\n/);
    assert.ok(command.includes("--tensor-type '^blk\\.0\\.attn_v\\.weight$=q4_k'"));
    assert.ok(command.includes("--tensor-type '^output\\.weight$=q6_k'"));
    assert.ok(command.trimEnd().endsWith("'model.gguf' 'model-mix.gguf' Q4_K_M"));
    assert.equal((await press(page, 'Download')).name, 'model-quantize.sh');
    await panel(page).getByRole('button', { name: 'llm-compressor recipe' }).click();
    await panel(page).getByText('compressed-tensors has no scheme for the format q4_k').waitFor();
    await choose(page, 'container', 'safetensors');
    await choose(page, 'one', 'packed_int4_sym_g128');
    await panel(page).getByRole('button', { name: 'llm-compressor recipe' }).click();
    await panel(page).locator('pre.export').getByText(/num_bits: 4, type: int, symmetric: true, strategy: group, group_size: 128/).waitFor();
    await close();
  });

  test('engines are told of packed weights in the model’s own config.json, and warned of what vLLM does not take', async () => {
    const { page, troubles, close } = await openFiles(browser, host, smallFiles.paths);
    const own = '{"model_type": "llama", "hidden_size": 512, "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 1376, "vocab_size": 1000, "rms_norm_eps": 1e-05}';
    await page.locator('bb-files input[type=file]').setInputFiles(file('config.json', Buffer.from(own)));
    await choose(page, 'one', 'packed_int8_sym_row');
    const panelConfig = panel(page).getByRole('region', { name: 'What engines must know of this file' });
    await panelConfig.getByRole('button', { name: 'config.json', exact: true }).click();
    const text = panelConfig.locator('pre.export');
    await text.waitFor();
    const { quantization_config: added, ...rest } = JSON.parse(await text.innerText());
    assert.deepEqual(rest, JSON.parse(own));
    assert.equal(added.format, 'pack-quantized');
    assert.equal(added.config_groups.group_0.targets.length, Object.values(smallShapes).filter((shape) => shape.length === 2).length);
    const saved = await press(page, 'Download', panelConfig);
    assert.equal(saved.name, 'config.json');
    assert.ok(readFileSync(saved.path, 'utf8').startsWith(own.slice(0, -1)));
    await panelConfig.getByText('vLLM takes embeddings as plain floats').waitFor();
    assert.equal(await panelConfig.getByText('vLLM joins matrices').count(), 0);
    await panel(page).locator('summary', { hasText: 'Exceptions by name' }).click();
    await panel(page).locator('#patterns').fill('*embed* = keep\n*1.self_attn.k_proj.weight = bf16');
    await panelConfig.getByText('give model.layers.1.self_attn.q_proj, k_proj, v_proj one format').waitFor();
    assert.equal(await panelConfig.getByText('vLLM takes embeddings').count(), 0);
    // Nothing to tell of plain floats, and nothing tells engines of E5M2.
    await choose(page, 'one', 'f8_e5m2');
    await panelConfig.getByRole('button', { name: 'config.json', exact: true }).click();
    await panelConfig.getByText('compressed-tensors has no layout for the format f8_e5m2').waitFor();
    await choose(page, 'one', 'bf16');
    await panelConfig.waitFor({ state: 'detached' });
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the plan is in the address: it comes back by link, and with Undo; what cannot be read is said', async () => {
    const { page, troubles, close } = await openFiles(browser, host, smallFiles.paths);
    const hash = () => page.evaluate(() => location.hash);
    assert.equal(await hash(), '#v=1&view=files');
    await choose(page, 'container', 'gguf');
    await choose(page, 'mixture', 'q5_k_m');
    assert.equal(await hash(), '#v=1&view=files&write=gguf&mixture=q5_k_m');
    const bitsOfMixture = await bitsShown(page);
    await choose(page, 'approach', 'one');
    await choose(page, 'one', 'q6_k');
    await panel(page).locator('summary', { hasText: 'Exceptions by name' }).click();
    await panel(page).locator('#patterns').pressSequentially('*lm_head* = f16');
    await panel(page).locator('#patterns').press('Tab');
    assert.equal(await hash(), '#v=1&view=files&write=gguf&mixture=q5_k_m&by=one&format=q6_k&except=*lm_head*%20%3D%20f16');
    const undo = page.getByRole('button', { name: 'Undo', exact: true });
    // What was typed is one step.
    await undo.click();
    assert.equal(await panel(page).locator('#patterns').inputValue(), '');
    await undo.click();
    await undo.click();
    assert.equal(await panel(page).locator('#mixture').inputValue(), 'q5_k_m');
    assert.equal(await bitsShown(page), bitsOfMixture);
    // Another checkpoint begins anew, and so does this one after Reset.
    await page.locator('bb-files input[type=file]').setInputFiles(file('other.safetensors', safetensors({ 'a.weight': { dtype: 'F32', shape: [2, 64], data: new Float32Array(128) } })));
    await row(page, 'a.weight').waitFor();
    assert.equal(await hash(), '#v=1&view=files');
    await choose(page, 'one', 'bf16');
    await page.getByRole('button', { name: 'Reset', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('bb-app').shadowRoot.querySelector('bb-files').shadowRoot.querySelector('bb-compress').shadowRoot.querySelector('#one').value === 'f8_e4m3_row');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('links to a plan, each of which must read the same for ever', async () => {
    const { page, troubles, close } = await open(browser, `${host.address}#v=1&view=files&write=gguf&by=budget&budget=2000000&candidates=q8_0,q4_0&weighing=squared`);
    await page.locator('bb-files input[type=file]').setInputFiles(smallFiles.paths);
    await panel(page).locator('.answer').waitFor();
    const ticked = () => panel(page).locator('.check:has(input:checked)').allInnerTexts();
    assert.deepEqual([await panel(page).locator('#approach').inputValue(), await panel(page).locator('#weighing').inputValue()], ['budget', 'squared']);
    assert.equal((await ticked()).length, 2);
    assert.match(await panel(page).getByLabel('All tensors together, at most').inputValue(), /^1\.91\sMiB$/);
    for (let left = 2; left > 0; left--) await panel(page).locator('.check:has(input:checked) input').first().uncheck();
    assert.match(await page.evaluate(() => location.hash), /&candidates=none&/);
    const go = (hash) => page.evaluate((to) => { location.hash = to; }, hash);
    await go('#v=1&view=files&write=gguf&by=kinds&kinds=attention:q4_0,norm:f16&except=*.1.*%20%3D%20keep%0A%23%20both');
    await panel(page).locator('#kind-attention').waitFor();
    assert.deepEqual([await panel(page).locator('#kind-attention').inputValue(), await panel(page).locator('#kind-norm').inputValue(), await panel(page).locator('#patterns').inputValue()], ['q4_0', 'f16', '*.1.* = keep\n# both']);
    await go('#v=1&view=files&by=one&format=packed_int4_sym_g128');
    await panel(page).locator('#one').waitFor();
    assert.equal(await panel(page).locator('#one').inputValue(), 'packed_int4_sym_g128');
    assert.equal(await page.getByText('could not be read').count(), 0);
    await go('#v=1&view=files&write=zip&by=mixture&format=q4_k&budget=many&kinds=attention:q9,norm:f16');
    for (const text of ['there is no write “zip”', 'there is no by “mixture”', 'there is no format “q4_k”', 'budget “many” is not a number of bytes', 'kinds “attention:q9” has no place'])
      await page.getByText(text).waitFor();
    assert.equal(await panel(page).locator('#one').inputValue(), 'f8_e4m3_row');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('5,000 tensors make a short table that opens', async () => {
    const tensors = {};
    for (let i = 0; i < 5000; i++) tensors[`model.layers.${i % 50}.mlp.experts.${Math.floor(i / 50)}.up_proj.weight`] = { dtype: 'BF16', shape: [2, 32], data: new Uint16Array(64) };
    const { page, close } = await openFiles(browser, host, file('many.safetensors', safetensors(tensors)));
    assert.equal(await rows(page).count(), 2);
    await row(page, 'experts.*.up_proj').getByRole('button', { expanded: false }).click();
    assert.equal(await rows(page).count(), 103);
    await panel(page).getByRole('button', { name: /Show 100 more of 5,000/ }).click();
    assert.equal(await rows(page).count(), 203);
    await close();
  });

  test('keyboard, names and roles', async () => {
    const { page, close } = await openFiles(browser, host, smallFiles.paths, { bypassCSP: true });
    await choose(page, 'container', 'gguf');
    await page.evaluate(axe);
    for (const approach of ['mixture', 'kinds', 'budget']) {
      await choose(page, 'approach', approach);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
    }
    await panel(page).locator('#approach').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at.tagName; }), 'BODY');
    await close();
  });
});
