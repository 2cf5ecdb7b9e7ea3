// The Files view as a reader meets it, over http under the strict Content-Security-Policy.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { launch, onePage, open, start } from './browser.mjs';
import { gguf, indexOf, llama, llamaConfig, npy, npz, safetensors } from './checkpoints.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const link = (params = {}) => '#' + new URLSearchParams({ v: '1', view: 'files', ...params });
const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
const give = (page, ...files) => page.locator('bb-files input[type=file]').setInputFiles(files);
const answer = (page) => page.locator('bb-files h1.answer');
const says = (page, text) => answer(page).filter({ hasText: text }).waitFor();
const totals = (page) => page.locator('bb-files table.totals');
const ledger = (page) => page.locator('bb-ledger table.ledger');
const refused = (page) => page.locator('bb-files bb-notice.refusals');

// 2 x 100 x 64 and, in each of 2 layers, 2 x 64^2 + 2 x 32 x 64 + 3 x 64 x 128 + 2 x 64, and 64 at the end.
const kShape = { hidden: 64, layers: 2, heads: 4, groups: 2, keys: 32, intermediate: 128, vocabulary: 100 };
const kParameters = 2 * 6400 + 2 * (8192 + 4096 + 24576 + 128) + 64;

/** That Llama in two shards with index and config; `also`: tensors to put into the second. */
function sharded(also = {}) {
  const all = Object.entries(llama(kShape));
  const [one, two] = [Object.fromEntries(all.slice(0, 10)), { ...Object.fromEntries(all.slice(10)), ...also }];
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  return {
    one: file(names[0], safetensors(one)), two: file(names[1], safetensors(two)),
    index: file('model.safetensors.index.json', indexOf({ [names[0]]: one, [names[1]]: two })), config: file('config.json', llamaConfig(kShape)),
  };
}

/** What the row of that kind says, cell by cell. */
const totalsOf = async (page, kind) => (await totals(page).getByRole('row').filter({ has: page.getByRole('rowheader', { name: kind, exact: true }) }).getByRole('cell').allInnerTexts()).map((text) => text.replaceAll(/\s/g, ' '));

describe('Files', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });
  const visit = (params, options) => open(browser, host.address + link(params), options);

  test('shards, index and config together: every tensor, and the exact total beside the config’s', async () => {
    const { page, troubles, close } = await visit();
    const { one, two, index, config } = sharded();
    await give(page, config, two, index, one);
    await says(page, /^21 tensors, 170\sKiB$/);
    await page.getByText(`They agree: the files hold ${kParameters.toLocaleString('en')} values`).waitFor();
    assert.deepEqual(await totalsOf(page, 'Attention'), ['8', '48.0 KiB', '24,576', '24,576', '0']);
    assert.deepEqual(await totalsOf(page, 'Total'), ['21', '170 KiB', kParameters.toLocaleString('en'), kParameters.toLocaleString('en'), '0']);
    await ledger(page).getByRole('button', { name: 'Layer 1' }).waitFor();
    assert.equal(await page.locator('bb-files bb-notice').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('files may come one after another; what is missing and what is too many is named', async () => {
    const { page, troubles, close } = await visit();
    const { one, two, index, config } = sharded();
    await give(page, index, one);
    await page.getByText('1 file of this checkpoint is not here.').waitFor();
    await page.locator('bb-files .names').getByText('model-00002-of-00002.safetensors').waitFor();
    // A part is not what the weights take: Fit is not told so.
    await give(page, config);
    assert.doesNotMatch(await page.getByRole('link', { name: 'Size it in Fit, by its config' }).getAttribute('href'), /stored=/);
    await page.getByRole('button', { name: 'Remove config.json' }).click();
    await give(page, two);
    await page.getByText('is not here').waitFor({ state: 'detached' });
    await page.getByText('There is no config.json among the files').waitFor();
    await give(page, config);
    await page.getByText('They agree').waitFor();
    await give(page, file('extra-00001-of-00002.safetensors', safetensors({ 'adapter.weight': { dtype: 'F32', shape: [2] } })), index, one, two, config);
    await page.getByText('1 file that the index does not name.').waitFor();
    await page.getByRole('button', { name: 'Remove extra-00001-of-00002.safetensors' }).click();
    await page.getByText('that the index does not name').waitFor({ state: 'detached' });
    assert.deepEqual(troubles, []);
    await close();
  });

  test('without an index the shards’ numbers tell what is missing, and another checkpoint takes the first one’s place', async () => {
    const { page, troubles, close } = await visit();
    const { one, two } = sharded();
    await give(page, two);
    await page.locator('bb-files .names').getByText('model-00001-of-00002.safetensors').waitFor();
    await give(page, one);
    await says(page, '21 tensors');
    await give(page, file('other.safetensors', safetensors({ alone: { dtype: 'F32', shape: [8] } })));
    await says(page, /^1 tensor, 32\sB$/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('every difference from the config has its reason: a tied head stored, buffers, scales, modules that nothing describes', async () => {
    const { page, troubles, close } = await visit();
    const { one, two, index } = sharded({
      'model.layers.0.self_attn.rotary_emb.inv_freq': { dtype: 'F32', shape: [8] }, 'model.layers.0.mlp.up_proj.weight_scale': { dtype: 'F32', shape: [128] }, 'strange.thing': { dtype: 'F32', shape: [3, 5] },
    });
    await give(page, one, two, index, file('config.json', llamaConfig(kShape, true)));
    await page.getByText('One difference is not explained.').waitFor();
    assert.deepEqual(await totalsOf(page, 'Output head'), ['1', '12.5 KiB', '6,400', '0', '+6,400']);
    assert.deepEqual((await totalsOf(page, 'Buffers')).slice(2), ['8', '0', '+8']);
    assert.deepEqual((await totalsOf(page, 'Scales of quantized weights')).slice(2), ['128', '0', '+128']);
    const reasons = await totals(page).locator('tr.why').allInnerTexts();
    assert.equal(reasons.length, 4);
    assert.match(reasons.join('\n'), /stores it a second time[^]*Scales and zero points[^]*computed and not learned[^]*Look here\./);
    assert.equal((await totalsOf(page, 'Total')).at(-1), `+${(6400 + 8 + 128 + 15).toLocaleString('en')}`);
    assert.deepEqual(troubles, []);
    await close();
  });

  const kGguf = () => gguf([
    ['general.architecture', 'string', 'llama'], ['general.name', 'string', 'Tiny'], ['llama.embedding_length', 'u32', 256], ['llama.block_count', 'u32', 1], ['llama.attention.head_count', 'u32', 4],
    ['llama.attention.head_count_kv', 'u32', 4], ['llama.feed_forward_length', 'u32', 512], ['llama.context_length', 'u32', 128], ['tokenizer.ggml.scores', 'f32', Array.from({ length: 300 }, (_, at) => -at)],
  ], {
    'token_embd.weight': { type: 'Q8_0', shape: [320, 256] }, 'output_norm.weight': { type: 'F32', shape: [256] }, 'blk.0.attn_norm.weight': { type: 'F32', shape: [256] }, 'blk.0.ffn_norm.weight': { type: 'F32', shape: [256] },
    ...Object.fromEntries(['q', 'k', 'v', 'output'].map((name) => [`blk.0.attn_${name}.weight`, { type: 'Q4_0', shape: [256, 256] }])),
    'blk.0.ffn_gate.weight': { type: 'IQ1_S', shape: [512, 256] }, 'blk.0.ffn_up.weight': { type: 'Q4_0', shape: [512, 256] }, 'blk.0.ffn_down.weight': { type: 'Q4_0', shape: [256, 512] },
  });
  // Blocks of 34 bytes for 32, 18 for 32 and 50 for 256 values, and three vectors of 32-bit floats.
  const kGgufBytes = (320 * 256 * 34) / 32 + 3 * 1024 + ((4 * 65_536 + 2 * 131_072) * 18) / 32 + (131_072 * 50) / 256;

  test('a GGUF brings its own description; a type without a decoder is listed; long arrays are folded', async () => {
    const { page, troubles, close } = await visit();
    await give(page, file('named-wrongly.bin', kGguf()));
    await says(page, '11 tensors');
    await page.getByText('They agree').waitFor();
    await page.getByRole('list', { name: 'Types' }).getByText('IQ1_S 1 tensor, 25 KiB, cannot decode'.replaceAll(' K', '\u00a0K')).waitFor();
    await ledger(page).getByRole('row').filter({ hasText: 'blk.0.ffn_gate.weight' }).getByText('cannot decode').waitFor();
    await page.getByText('What the files say of themselves').click();
    const metadata = page.locator('bb-files table.metadata');
    await metadata.getByRole('row', { name: 'general.name Tiny' }).waitFor();
    const scores = metadata.getByRole('row').filter({ hasText: 'tokenizer.ggml.scores' });
    assert.equal((await scores.innerText()).trim().split('\t').at(-1).trim(), '300 values');
    await scores.getByText('300 values').click();
    await scores.getByText('and 100 more').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('Fit takes the file’s own bytes for the weights, and says that they are exact and whose they are', async () => {
    const { page, troubles, close } = await visit();
    await give(page, file('tiny.gguf', kGguf()));
    await page.getByRole('link', { name: 'Size it in Fit' }).click();
    const weights = page.locator('bb-fit table.terms tr.group').filter({ hasText: 'Weights' });
    await weights.waitFor();
    assert.match((await weights.innerText()).replaceAll(/\s/g, ' '), new RegExp(`Weights ${(kGgufBytes / 1024).toPrecision(3)} KiB`));
    assert.equal(await page.locator('bb-fit table.terms tr.sub').filter({ hasText: 'as in the file' }).locator('.mark.exact').count(), 4);
    await page.locator('bb-fit .lead').getByText('as stored in tiny.gguf').waitFor();
    assert.equal(await page.getByLabel('Weights as').locator('option:checked').innerText(), 'As in tiny.gguf');
    // The address is all it takes, elsewhere too; another format leaves the file.
    const again = await open(browser, page.url());
    await again.page.locator('bb-fit .lead').getByText('as stored in tiny.gguf').waitFor();
    await again.page.getByLabel('Weights as').selectOption('f16');
    await again.page.locator('bb-fit .lead').getByText('as F16').waitFor();
    assert.doesNotMatch(again.page.url(), /stored=/);
    assert.deepEqual([...troubles, ...again.troubles], []);
    await again.close();
    await close();
  });

  test('NPY and NPZ: arrays by the names of their files', async () => {
    const { page, troubles, close } = await visit();
    const values = Float32Array.from({ length: 12 }, (_, at) => at);
    await give(page, file('first.npy', npy(values, [3, 4])), file('second.npy', npy(values, [12])));
    await says(page, '2 tensors');
    assert.match((await ledger(page).innerText()).replaceAll(/\s+/g, ' '), /first .*F32 3 × 4 12 48 B.* second .*F32 12 12 48 B/);
    await give(page, file('both.npz', npz({ left: npy(values, [2, 6]), right: npy(values, [6, 2]) })));
    await ledger(page).getByText('left').waitFor();
    assert.equal(await ledger(page).getByRole('row').count(), 3);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('one click opens a tensor in the lab, and the files are still open on the way back', async () => {
    const { page, troubles, close } = await visit();
    const data = Float32Array.from({ length: 2048 }, (_, at) => Math.sin(at));
    await give(page, file('two.safetensors', safetensors({ 'model.layers.0.mlp.up_proj.weight': { dtype: 'F32', shape: [8, 256], data }, b: { dtype: 'F32', shape: [4, 512], data } })));
    await page.getByRole('link', { name: 'Open model.layers.0.mlp.up_proj.weight in the lab' }).click();
    await page.getByText('model.layers.0.mlp.up_proj.weight of two.safetensors: 8 × 256 values').waitFor();
    await page.getByRole('link', { name: 'Files', exact: true }).click();
    await says(page, '2 tensors');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('wrong files say which rule they break and where; the good ones of the same drop are taken, and what was open stays', async () => {
    const { page, troubles, close } = await visit();
    const good = safetensors({ a: { dtype: 'F32', shape: [4] } });
    const gap = Buffer.from(good);
    gap.write('[4,20]', gap.indexOf('[0,16]'));
    const magic = kGguf();
    magic.writeUInt32LE(9, 4);
    const wrong = {
      'cut.safetensors': [good.subarray(0, good.length - 3), /byte \d/i],
      'gap.safetensors': [gap, /offset|byte|gap|begin/i],
      'future.gguf': [magic, /version 9 is not read[^]*At byte 4\./],
      'pickle.npy': [npy(new Float32Array(2), [2], '|O'), /object|pickle|O/],
      'config.json': [Buffer.from('{"model_type": "llama",}'), /At character \d+\./],
      'holiday.jpg': [Buffer.from('\xff\xd8\xff\xe0 JFIF', 'latin1'), /none of the files that can be read/],
      'empty.safetensors': [Buffer.alloc(0), /\w/],
    };
    await give(page, file('good.safetensors', good), ...Object.entries(wrong).map(([name, [bytes]]) => file(name, bytes)));
    await says(page, '1 tensor');
    await refused(page).getByText('7 files were not taken.').waitFor();
    for (const [name, [, reason]] of Object.entries(wrong)) {
      const line = await refused(page).getByRole('listitem').filter({ has: page.locator('.filename').getByText(name, { exact: true }) }).innerText();
      assert.match(line, reason, name);
      assert.ok(line.length > name.length + 40, line);
    }
    await give(page, file('again.safetensors', gap));
    await refused(page).getByText('One file was not taken.').waitFor();
    await says(page, '1 tensor');
    await give(page, file('double.safetensors', good), file('good.safetensors', good));
    await refused(page).getByText('The tensor “a” is in double.safetensors already').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a repository dropped as it is: what stands beside the weights is left aside, and a note of where a file lies is not the file', async () => {
    const { page, troubles, close } = await visit();
    const { one, two, index, config } = sharded();
    const beside = ['README.md', 'tokenizer.json', 'generation_config.json', '.gitattributes'].map((name) => file(name, Buffer.from(name.endsWith('json') ? '{"version": "1.0"}' : 'text')));
    await give(page, one, two, index, config, ...beside, file('pytorch_model.bin', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')));
    await page.getByText('They agree').waitFor();
    await page.getByText('Left aside: 4 files that hold no tensors').waitFor();
    await refused(page).getByText('One file was not taken.').waitFor();
    assert.match(await refused(page).innerText(), /pytorch_model\.bin: This is a Git LFS pointer[^]*git lfs pull/);
    // By itself such a file is refused with its reason.
    await give(page, beside[1]);
    await refused(page).getByText('This JSON describes no model').waitFor();
    await says(page, '21 tensors');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a folder is opened by its button, without its hidden files', async () => {
    const folder = mkdtempSync(`${tmpdir()}/checkpoint-`);
    const { one, two, index, config } = sharded();
    mkdirSync(`${folder}/.cache`);
    for (const { name, buffer } of [one, two, index, config, file('.cache/model-00001-of-00002.safetensors', Buffer.from('half a download'))]) writeFileSync(`${folder}/${name}`, buffer);
    const { page, troubles, close } = await visit();
    const [dialogue] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Open a folder' }).click()]);
    await dialogue.setFiles(folder);
    await says(page, /^21 tensors, 170\sKiB$/);
    assert.equal(await page.locator('bb-files bb-notice').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
    rmSync(folder, { recursive: true });
  });

  test('a config that the sizing cannot read is named beside the ledger, with the fields it lacks', async () => {
    const { page, troubles, close } = await visit();
    const { one, two } = sharded();
    await give(page, one, two, file('config.json', Buffer.from('{"model_type": "llama", "hidden_size": 64}')));
    const notice = page.locator('bb-files .detail bb-notice[kind=error]');
    await notice.filter({ hasText: 'could not be compared' }).waitFor();
    assert.match(await notice.innerText(), /num_hidden_layers/);
    assert.equal(await page.getByRole('link', { name: 'Size it in Fit' }).count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a file of 100 GB opens by its header: hardly more than it is ever read', async () => {
    const { page, troubles, close } = await visit();
    const tensors = Object.fromEntries(Array.from({ length: 800 }, (_, at) => [`model.layers.${at}.mlp.up_proj.weight`, { dtype: 'BF16', shape: [8192, 8192] }]));
    const { head, size } = safetensors(tensors, { cut: true });
    assert.ok(size > 100e9);
    await says(page, 'What is in a checkpoint?');
    // A blob of blobs stands in for the disk: one part, named again and again, takes no more memory than itself.
    await page.evaluate(async ({ head, size }) => {
      const first = new Blob([Uint8Array.from(atob(head), (letter) => letter.charCodeAt(0))]);
      let part = new Blob([new Uint8Array(2 ** 20)]);
      const parts = [];
      let left = size - first.size;
      for (; part.size * 2 <= left; ) part = new Blob([part, part]);
      for (; left > 0; left -= Math.min(left, part.size)) parts.push(left >= part.size ? part : part.slice(0, left));
      const transfer = new DataTransfer();
      transfer.items.add(new File([first, ...parts], 'huge.safetensors'));
      const view = document.querySelector('bb-app').shadowRoot.querySelector('bb-files');
      view.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }));
    }, { head: head.toString('base64'), size });
    await says(page, /^800 tensors, 100\sGiB$/);
    const hint = page.locator('bb-files .hint').filter({ hasText: 'Looked at' });
    const [read, all] = (await hint.getAttribute('title')).match(/[\d,]+/g).map((text) => Number(text.replaceAll(',', '')));
    assert.equal(all, size);
    assert.ok(read <= Math.max(65_536, head.length), `${read} of a header of ${head.length}`);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('5,000 tensors: folded, found, sorted by every column', async () => {
    const { page, troubles, close } = await visit();
    const tensors = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`model.layers.${Math.floor(at / 100)}.mlp.experts.${at % 100}.up_proj.weight`, { dtype: at % 2 ? 'F32' : 'BF16', shape: [1 + (at % 7), 4] }]));
    await give(page, file('many.safetensors', safetensors(tensors)));
    await says(page, '5,000 tensors');
    const rows = ledger(page).locator('tbody tr:not(.head)');
    assert.equal(await ledger(page).locator('tr.head').count(), 50);
    assert.equal(await rows.count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Open all' }).count(), 0);
    await ledger(page).getByRole('button', { name: 'Layer 17' }).click();
    assert.equal(await rows.count(), 100);
    await page.getByLabel('Find').fill('layer 17 experts.42.');
    await page.getByText('1 of 5,000 tensors').waitFor();
    assert.match(await rows.innerText(), /model\.layers\.17\.mlp\.experts\.42\.up_proj\.weight/);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('Group by').selectOption('none');
    await page.getByText('4,800 are not shown').waitFor();
    assert.equal(await rows.count(), 201);
    const column = (id) => rows.locator(`.${id}`).allInnerTexts();
    const numbers = (list) => list.map((text) => Number(text.replaceAll(',', '')));
    const [sizes, names] = [[1, 2, 3, 4, 5, 6, 7].map((rows) => 4 * rows), Object.keys(tensors)];
    const collator = new Intl.Collator('en', { numeric: true });
    const head = (name) => ledger(page).getByRole('columnheader', { name, exact: true }).getByRole('button').click();
    const sorted = (name, order) => ledger(page).getByRole('columnheader', { name }).and(page.locator(`[aria-sort=${order}]`)).waitFor();
    await head('Values');
    await sorted('Values', 'descending');
    assert.deepEqual(new Set(numbers(await column('values'))), new Set([sizes.at(-1)]));
    await head('Values');
    await sorted('Values', 'ascending');
    assert.deepEqual(new Set(numbers(await column('values'))), new Set([sizes[0]]));
    await head('Tensor');
    await sorted('Tensor', 'ascending');
    assert.deepEqual((await rows.locator('.mono').allInnerTexts()).slice(0, 200), [...names].sort(collator.compare).slice(0, 200));
    await head('Type');
    await sorted('Type', 'ascending');
    assert.deepEqual(new Set(await column('type')), new Set(['BF16']));
    await head('Size');
    await sorted('Size', 'descending');
    assert.deepEqual(new Set((await column('bytes')).map((text) => text.replaceAll(/\s/g, ' '))), new Set(['112 B']));
    for (const name of ['Kind', 'Shape']) { await head(name); await sorted(name, 'ascending'); }
    assert.deepEqual(new Set(await column('shape')), new Set(['1 × 4']));
    assert.match(page.url(), /group=none&.*sort=shape|sort=shape.*group=none/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the ledger as CSV has a line for each tensor, with its place in its file', async () => {
    const { page, troubles, close } = await visit({}, { acceptDownloads: true });
    const { one, two, config } = sharded();
    await give(page, one, two, config);
    await says(page, '21 tensors');
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the ledger as CSV' }).click()]);
    const lines = readFileSync(await saved.path(), 'utf8').trimEnd().split('\r\n');
    assert.equal(saved.suggestedFilename(), 'model.safetensors-2-files-ledger.csv');
    assert.equal(lines.length, 22);
    const head = Number(one.buffer.readBigUInt64LE(0)) + 8;
    assert.deepEqual(lines.slice(0, 3), [
      'name,file,layer,kind,type,shape,values,bytes,offset,decodes',
      `model.embed_tokens.weight,model-00001-of-00002.safetensors,,embedding,BF16,100x64,6400,12800,${head},yes`,
      `model.layers.0.self_attn.q_proj.weight,model-00001-of-00002.safetensors,0,attention,BF16,64x64,4096,8192,${head + 12800},yes`,
    ]);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a newcomer without a file sees a sample that says what it is, and a link brings it back', async () => {
    const { page, troubles, close } = await visit();
    await says(page, 'What is in a checkpoint?');
    await page.getByRole('button', { name: 'Look at a sample' }).click();
    await page.getByText('This is a sample.').waitFor();
    await page.getByText('Every difference is explained.').waitFor();
    const again = await open(browser, page.url());
    await again.page.getByText('This is a sample.').waitFor();
    assert.equal(await totals(again.page).innerText(), await totals(page).innerText());
    await page.goBack();
    await says(page, 'What is in a checkpoint?');
    assert.deepEqual([...troubles, ...again.troubles], []);
    await again.close();
    await close();
  });

  test('a drop anywhere on the page is taken, not shown by the browser in its place', async () => {
    const { page, troubles, close } = await visit();
    await says(page, 'What is in a checkpoint?');
    const bytes = safetensors({ a: { dtype: 'F32', shape: [4] } }).toString('base64');
    await page.evaluate((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], 'dropped.safetensors'));
      const header = document.querySelector('bb-app').shadowRoot.querySelector('header');
      const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true });
      header.dispatchEvent(event);
      if (!event.defaultPrevented) throw new Error('the browser would open it');
    }, bytes);
    await says(page, '1 tensor');
    assert.deepEqual(troubles, []);
    await close();
  });

  test('all of it by keyboard: open the sample, find, unfold, sort, to the lab', async () => {
    const { page, troubles, close } = await visit();
    await says(page, 'What is in a checkpoint?');
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
    const focused = () => page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return (element?.getAttribute('aria-label') ?? element?.innerText ?? element?.id ?? '').trim() || element?.id;
    });
    const tabTo = async (pattern) => {
      for (let at = 0; at < 60; at++) {
        await press('Tab');
        if (pattern.test(await focused())) return;
      }
      assert.fail(`Tab never reaches ${pattern}`);
    };
    await tabTo(/^Open files$/);
    await tabTo(/^Look at a sample$/);
    await press('Enter');
    await page.getByText('This is a sample.').waitFor();
    await tabTo(/^find$/);
    await page.keyboard.type('q_proj');
    await page.getByText('6 of 63 tensors').waitFor();
    await tabTo(/^Size$/);
    await press('Enter');
    await ledger(page).getByRole('columnheader', { name: 'Size' }).and(page.locator('[aria-sort=descending]')).waitFor();
    await tabTo(/Layer 0/);
    await press('Enter');
    assert.equal(await ledger(page).getByRole('button', { name: 'Layer 0' }).getAttribute('aria-expanded'), 'false');
    await press('Enter');
    await tabTo(/^Open model\.layers\.0\.self_attn\.q_proj\.weight in the lab$/);
    await press('Enter');
    await page.getByText('model.layers.0.self_attn.q_proj.weight of model-00001-of-00002.safetensors: 256 × 256 values').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const width of [320, 640, 1200]) {
      test(`no accessibility violations and no overflow at ${width} px, ${colorScheme}`, async () => {
        const { page, close } = await visit({ sample: 'llama', find: 'layer 2' }, { viewport: { width, height: 900 }, colorScheme });
        await page.getByText('10 of 63 tensors').waitFor();
        await page.getByText('What the files say of themselves').click();
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'overflow');
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
        await close();
      });
    }
  }

  test('opens from disk in one file', async () => {
    const { page, troubles, close } = await open(browser, onePage + link());
    const { one, two, index, config } = sharded();
    await give(page, one, two, index, config);
    await page.getByText('They agree').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });
});
