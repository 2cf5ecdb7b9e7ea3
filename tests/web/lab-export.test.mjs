// What the lab writes, read back by readers that are not ours: @huggingface/gguf, @huggingface/hub for safetensors' headers, and the
// package's own; every value and byte is compared with what the package makes of the same tensor.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gguf, GGMLQuantizationType } from '@huggingface/gguf';
import { parseSafetensorsMetadata } from '@huggingface/hub';
import { load } from '../../build/package/index.js';
import { launch, open, start } from './browser.mjs';
import { answered, give, idle, link, npy, outlierInput, safetensors, saved } from './lab-page.mjs';

const kRows = 8;
const kColumns = 1024;

/** The header as Hugging Face's own client reads it, from a repository that only holds these bytes. */
async function hubHeader(bytes) {
  const serve = async (url, options = {}) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(new Headers(options.headers).get('range') ?? '') ?? [];
    const part = from === undefined ? bytes : bytes.subarray(Number(from), Math.min(bytes.length, Number(to) + 1));
    const range = from === undefined ? {} : { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}` };
    return new Response(options.method === 'HEAD' ? null : part, { status: from === undefined ? 200 : 206, headers: { 'content-length': String(part.length), etag: '"1"', ...range } });
  };
  const { header } = await parseSafetensorsMetadata({ repo: 'some/model', path: 'model.safetensors', fetch: serve });
  return header;
}

/** The same by the specification: a length, JSON, data. */
function plainHeader(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  return { header: JSON.parse(bytes.toString('utf8', 8, 8 + length)), data: bytes.subarray(8 + length) };
}

describe('Tensor lab, saved files', () => {
  let browser;
  let host;
  let core;
  before(async () => { [browser, host, core] = await Promise.all([launch(), start(), load()]); });
  after(async () => { await browser?.close(); await host?.stop(); });

  const input = outlierInput();
  const encode = (format) => Buffer.from(core.encode(format, input, { rowLength: kColumns }));
  const decode = (format) => core.decode(format, core.encode(format, input, { rowLength: kColumns }), input.length, { rowLength: kColumns });

  /** The page with the input open as a tensor of a checkpoint. */
  async function visit(params) {
    const visited = await open(browser, host.address + link({ formats: 'q8_0', ...params }), { acceptDownloads: true });
    await answered(visited.page);
    await give(visited.page, 'model.safetensors', safetensors({ 'layers.0.up.weight': { dtype: 'F32', shape: [2, 4, kColumns], data: input } }));
    await visited.page.getByText('layers.0.up.weight of model.safetensors: 8 × 1,024 values').waitFor();
    await answered(visited.page);
    await idle(visited.page);
    return visited;
  }

  test('every type that a GGUF can hold, with equal bytes', async () => {
    const types = core.elementTypes().filter(({ gguf: holds, format }) => holds && format && core.formats().some(({ id }) => id === format)).map(({ name, format }) => [format, name]);
    assert.ok(types.length >= 13, String(types));
    const { page, troubles, close } = await visit({ a: 'f16', b: 'bf16' });
    for (const [format, type] of [['f32', 'F32'], ['f16', 'F16'], ['bf16', 'BF16'], ...types]) {
      await page.getByLabel('Format A', { exact: false }).selectOption(format);
      await page.waitForURL(new RegExp(`a=${format}(&|$)`));
      await answered(page);
      const { name, path, bytes } = await saved(page, 'a', 'encoded-gguf');
      assert.equal(name, `layers.0.up.weight-of-model.safetensors-${format}.gguf`);
      const theirs = await gguf(path, { allowLocalFile: true });
      const [info, ...others] = theirs.tensorInfos;
      assert.equal(others.length, 0);
      assert.deepEqual([info.name, info.shape.map(Number), info.dtype], ['layers.0.up.weight', [kColumns, 4, 2], GGMLQuantizationType[type]], format);
      const at = Number(theirs.tensorDataOffset) + Number(info.offset);
      assert.ok(bytes.subarray(at, at + encode(format).length).equals(encode(format)), format);
      const ours = core.readTensor(new Uint8Array(bytes), 'layers.0.up.weight');
      assert.deepEqual(ours.shape, [2, 4, kColumns]);
      assert.deepEqual(ours.values, decode(format), format);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a format of the table that becomes A is saved once its bytes are there, however soon that is asked for', async () => {
    const formats = ['q4_0', 'q8_0', 'q5_0', 'q4_k', 'q6_k', 'nf4', 'mxfp4'];
    const { page, close } = await visit({ a: 'f16', b: 'bf16', formats: formats.join(',') });
    for (const format of formats) {
      await page.getByLabel('Format A', { exact: false }).selectOption(format);
      const { name, bytes } = await saved(page, 'a', 'bin', { pause: false });
      assert.equal(name, `layers.0.up.weight-of-model.safetensors-${format}.bin`);
      assert.ok(bytes.equals(encode(format)), format);
    }
    await close();
  });

  test('decoded values as safetensors and GGUF, in 32 and 16 bits', async () => {
    const { page, troubles, close } = await visit({ a: 'q4_0', b: 'nf4' });
    for (const [side, format] of [['a', 'q4_0'], ['b', 'nf4']]) {
      for (const type of ['F32', 'F16', 'BF16']) {
        const values = decode(format);
        const stored = Buffer.from(core.encode(type.toLowerCase(), values));
        const st = await saved(page, side, `safetensors-${type.toLowerCase()}`);
        const { header, data } = plainHeader(st.bytes);
        const { __metadata__, ...tensors } = header;
        assert.deepEqual(tensors, { 'layers.0.up.weight': { dtype: type, shape: [2, 4, kColumns], data_offsets: [0, stored.length] } });
        assert.match(__metadata__.description, /^decoded from /);
        assert.deepEqual((await hubHeader(st.bytes))['layers.0.up.weight'], tensors['layers.0.up.weight']);
        assert.ok(data.equals(stored));
        const gg = await saved(page, side, `gguf-${type.toLowerCase()}`);
        const theirs = await gguf(gg.path, { allowLocalFile: true });
        assert.equal(GGMLQuantizationType[theirs.tensorInfos[0].dtype], type);
        assert.ok(gg.bytes.subarray(Number(theirs.tensorDataOffset), Number(theirs.tensorDataOffset) + stored.length).equals(stored));
      }
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('FP8 as safetensors: the codes, and the scale of the tensor or of each row beside them', async () => {
    const { page, troubles, close } = await visit({ a: 'f8_e4m3', b: 'f8_e5m2_row' });
    for (const [side, format, dtype, scales] of [['a', 'f8_e4m3', 'F8_E4M3', 1], ['b', 'f8_e5m2_row', 'F8_E5M2', kRows]]) {
      const { bytes } = await saved(page, side, 'encoded-safetensors');
      const { header, data } = plainHeader(bytes);
      const [codes, scale] = [header['layers.0.up.weight'], header['layers.0.up.weight_scale']];
      assert.deepEqual([codes.dtype, codes.shape, scale.dtype, scale.shape], [dtype, [2, 4, kColumns], 'F32', scales === 1 ? [1] : [kRows, 1]]);
      assert.deepEqual(await hubHeader(bytes).then(({ __metadata__, ...tensors }) => tensors), { 'layers.0.up.weight': codes, 'layers.0.up.weight_scale': scale });
      // A code is worth what our reader says of it without a scale.
      const plain = core.readTensor(new Uint8Array(bytes), 'layers.0.up.weight').values;
      const values = decode(format);
      for (let i = 0; i < values.length; i++) {
        const factor = data.readFloatLE(scale.data_offsets[0] + 4 * (scales === 1 ? 0 : Math.floor(i / kColumns)));
        assert.equal(Math.fround(plain[i] * factor), values[i], `${format} ${i}`);
      }
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test('formats that files do not know are offered as values or bare bytes; a name too long for a GGUF is replaced', async () => {
    const { page, troubles, close } = await visit({ a: 'nf4', b: 'q4_0' });
    const kinds = page.locator('bb-lab-save').getByLabel('As what file');
    assert.deepEqual(await kinds.locator('option').evaluateAll((all) => all.map(({ value }) => value).filter((value) => /^(bin|encoded)/.test(value))), ['bin']);
    const long = 'x'.repeat(70);
    await give(page, 'long.npy', npy(input.slice(0, 2048), [2, 1024]));
    await page.getByText('long.npy: 2 × 1,024 values').waitFor();
    await answered(page);
    await give(page, `${long}.npy`, npy(input.slice(0, 2048), [2, 1024]));
    await page.getByText(`${long}.npy: 2 × 1,024 values`).waitFor();
    await answered(page);
    const theirs = await gguf((await saved(page, 'b', 'encoded-gguf')).path, { allowLocalFile: true });
    assert.deepEqual([theirs.tensorInfos[0].name, theirs.metadata['general.name']], ['weight', `${long}.npy`]);
    assert.deepEqual(troubles, []);
    await close();
  });
});
