// Theory: quality, time and space, approximation. Figures are checked against closed forms and a second calculation here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch, open, start } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const link = (params) => '#' + new URLSearchParams({ v: '1', view: 'theory', ...params });
const near = (actual, expected, tolerance) => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe('Theory: quality, complexity, approximation', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });
  const visit = (params, options) => open(browser, host.address + link(params), { locale: 'en-US', ...options });
  const answer = (page, tag) => page.locator(`${tag} .answer:not(.stale)`);
  const finding = (page, tag) => answer(page, tag).locator('.finding').first();
  /** The rows behind a part's picture, as numbers and texts. */
  const rows = (page, tag, name) => answer(page, tag).locator(`bb-figure[name="${name}"]`).evaluate((figure) => figure.table.rows);
  const paste = (page, tag, label, text) => page.locator(tag).getByRole('textbox', { name: label }).fill(text).then(() => page.locator(tag).getByRole('textbox', { name: label }).blur());

  test('the sample: perplexity and its paired interval, calculated again here', async () => {
    const { page, troubles, close } = await visit({ section: 'quality' });
    await finding(page, 'bb-quality-tokens').waitFor();
    const [a, b] = (await page.locator('bb-quality-tokens textarea').evaluateAll((areas) => areas.map(({ value }) => value))).map((text) => text.trim().split('\n').map(Number));
    const mean = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;
    const error = (list) => Math.sqrt(list.reduce((sum, each) => sum + (each - mean(list)) ** 2, 0) / (list.length - 1) / list.length);
    const differences = a.map((each, i) => each - b[i]);
    const [paired, unpaired] = await rows(page, 'bb-quality-tokens', 'paired-difference');
    near(paired[1], mean(differences), 1e-12);
    near(paired[3] - paired[1], 1.959964 * error(differences), 1e-6);
    near(unpaired[3] - unpaired[1], 1.959964 * Math.hypot(error(a), error(b)), 1e-6);
    const cells = await answer(page, 'bb-quality-tokens').locator('tbody').first().locator('td').allInnerTexts();
    near(Number(cells[2]), Math.exp(-mean(a)), 5e-5);
    near(Number(cells[1]), -mean(a) / Math.LN2, 5e-5);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('k equal options have perplexity k in any base; bad lines are named and the last result stays', async () => {
    const { page, troubles, close } = await visit({ section: 'quality', 'quality.log': 'log2' });
    const tag = 'bb-quality-tokens';
    await finding(page, tag).waitFor();
    await paste(page, tag, 'Log-probabilities of the original model', '-1,-2\n-1,-2\n-1,-2');
    await finding(page, tag).filter({ hasText: 'Over 3 tokens' }).waitFor();
    const cells = await answer(page, tag).locator('tbody').first().locator('td').allInnerTexts();
    assert.deepEqual(cells.map(Number), [Number(Math.LN2.toFixed(4)), 1, 2, Number((2 * Math.LN2).toFixed(4)), 2, 4]);
    await paste(page, tag, 'Log-probabilities of the compressed model', '-2\nbad\n-2');
    await page.locator(tag).locator('bb-notice').filter({ hasText: 'Line 2: “bad” is not a number' }).waitFor();
    await finding(page, tag).filter({ hasText: 'Over 3 tokens' }).waitFor();
    await paste(page, tag, 'Log-probabilities of the compressed model', '-2\n-2');
    await page.locator(tag).locator('bb-notice').filter({ hasText: '3 numbers and the compressed model 2' }).waitFor();
    await page.locator(tag).getByLabel('The numbers are').selectOption('natural');
    await page.waitForURL((url) => !url.hash.includes('quality.log=log2'));
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a file with two columns fills both sides', async () => {
    const { page, close } = await visit({ section: 'quality' });
    await finding(page, 'bb-quality-tokens').waitFor();
    await page.locator('bb-quality-tokens input[type=file]').first().setInputFiles({ name: 'two.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ original: [-0.5, -1.5], compressed: [-0.5, -1.7] })) });
    await finding(page, 'bb-quality-tokens').filter({ hasText: 'Over 2 tokens, cross-entropy rose by 0.100 nats' }).waitFor();
    await close();
  });

  test('divergence of pasted probabilities, flips of pasted answers', async () => {
    const { page, troubles, close } = await visit({ section: 'quality', 'quality.kind': 'probabilities' });
    const tag = 'bb-quality-distributions';
    await finding(page, tag).waitFor();
    await paste(page, tag, 'The original’s distributions', '0.5 0.5\n0.9 0.1');
    await paste(page, tag, 'The compressed model’s distributions', '0.25 0.75\n0.9 0.1');
    await finding(page, tag).filter({ hasText: 'Averaged over 2 places' }).waitFor();
    const [first, second] = await rows(page, tag, 'divergence');
    near(first[1], 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 1e-12);
    near(second[1], 0, 1e-12);
    await finding(page, tag).filter({ hasText: 'at 1 of them, 50.0 %' }).waitFor();
    await paste(page, tag, 'The compressed model’s distributions', '0 1\n0.9 0.1');
    await finding(page, tag).filter({ hasText: 'At 1 of 2 places' }).waitFor();
    await paste(page, tag, 'The compressed model’s distributions', '0.3 0.3\n0.9 0.1');
    await page.locator(tag).locator('bb-notice').filter({ hasText: 'Line 1: these probabilities add up to 0.6' }).waitFor();

    await finding(page, 'bb-quality-answers').filter({ hasText: '11 went from right to wrong and 11 from wrong to right' }).waitFor();
    await paste(page, 'bb-quality-answers', 'Answers', 'a a a\nb b a\nc a c\nd d a\ne a b');
    await finding(page, 'bb-quality-answers').filter({ hasText: '4 of 5 questions differently: 2 went from right to wrong and 1 from wrong to right' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the front of the published table, the least quality, and the direction of Q', async () => {
    const { page, troubles, close } = await visit({ section: 'quality' });
    const tag = 'bb-quality-front';
    await finding(page, tag).filter({ hasText: 'iq4_XS imatrix' }).waitFor();
    const table = await rows(page, tag, 'quality-pareto');
    const xs = table.find(([name]) => name === 'iq4_XS imatrix');
    near(xs[3], 14.97 / 4.14, 1e-12);
    near(xs[4], 6.23316 / 6.459705, 1e-12);
    for (const [name, , , ratio, quality, , front] of table)
      assert.equal(front, table.some(([, , , r, q]) => r >= ratio && q >= quality && (r > ratio || q > quality)) ? 'no' : 'yes', name);
    await page.getByLabel(/At least Q/).fill('0.99');
    await page.waitForURL(/quality\.least=0\.99/);
    await finding(page, tag).filter({ hasText: 'q5_K_M' }).waitFor();
    // Taken literally, the course's ratio prefers the file of the highest perplexity.
    await answer(page, tag).locator('.kindly').filter({ hasText: 'would be 9.32 for iq1_S imatrix' }).waitFor();
    await answer(page, tag).locator('.kindly').filter({ hasText: 'its efficiency is 781,000' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('own runs are added, kept in the address, and read back from it', async () => {
    const { page, close } = await visit({ section: 'quality', 'quality.table': 'own', 'quality.metric': 'accuracy', 'quality.least': '0.9' });
    for (const [name, size, metric] of [['base', '16 GB', '0.8'], ['good', '4 GB', '0.76'], ['bad', '2 GB', '0.4']]) {
      const form = page.getByRole('form', { name: 'Add a run' });
      await form.getByLabel('Name').fill(name);
      await form.getByLabel('Size').fill(size);
      await form.getByLabel('Accuracy').fill(metric);
      await form.getByRole('button', { name: 'Add' }).click();
      await page.waitForURL((url) => decodeURIComponent(url.hash).includes(name));
    }
    await finding(page, 'bb-quality-front').filter({ hasText: 'good is the most efficient: 4.00 times smaller' }).waitFor();
    await page.getByRole('form', { name: 'Add a run' }).getByLabel('Accuracy').fill('76');
    await page.getByRole('form', { name: 'Add a run' }).getByLabel('Size').fill('1 GB');
    await page.getByRole('form', { name: 'Add a run' }).getByRole('button', { name: 'Add' }).click();
    await page.locator('bb-quality-front').locator('bb-notice').filter({ hasText: 'Divide percentages by 100' }).waitFor();
    const again = await open(browser, page.url(), { locale: 'en-US' });
    await finding(again.page, 'bb-quality-front').filter({ hasText: 'good is the most efficient' }).waitFor();
    assert.deepEqual((await rows(again.page, 'bb-quality-front', 'quality-pareto')).map(([name]) => name), ['base', 'good', 'bad']);
    await again.close();
    await close();
  });

  test('times come with an exponent each, and the space table agrees with its layouts', async () => {
    const { page, troubles, close } = await visit({ section: 'complexity' });
    await finding(page, 'bb-complexity-times').waitFor({ timeout: 60_000 });
    for (const name of ['quantize', 'prune', 'low-rank', 'code'])
      for (const [label, size, seconds] of await rows(page, 'bb-complexity-times', `time-${name}`)) assert.ok(size > 0 && seconds > 0 && Number.isFinite(seconds), label);
    // The Python that goes with the exponent fits the same line.
    const { python, result } = await answer(page, 'bb-complexity-times').locator('bb-equation').evaluate(({ equation }) => ({ python: equation.python, result: equation.result }));
    near(Number(execFileSync('python3', ['-c', python], { encoding: 'utf8' })), Number.parseFloat(result.replace('−', '-')), 0.0051);
    const written = async () => Object.fromEntries((await answer(page, 'bb-complexity-space').locator('tbody tr').evaluateAll((all) => all.map((row) => [row.cells[0].innerText.split('\n')[0], [row.cells[2].innerText, row.cells[3].innerText]])))
      .map(([name, cells]) => [name, cells.map((cell) => Number(cell.replaceAll(',', '')))]));
    // 256 x 256: groups of 128 with a 16-bit scale; with a zero point, a byte more; half the weights kept; 16 (256 + 256) numbers.
    assert.deepEqual(await written(), {
      'As it is, float32': [262144, 262144], 'INT8, groups of 128': [65536 + 4 * 512, 65536 + 2 * 512], 'INT4, groups of 128': [32768 + 8 * 512, 32768 + 3 * 512],
      'Sparse, a column number per weight': [32768 * 6, 32768 * 6 + 4 * 257], 'Sparse, a bit per place': [32768 * 4 + 8192, 32768 * 4 + 8192], 'Low rank, r = 16': [32768, 32768],
    });
    await page.locator('bb-complexity-space').getByLabel('Group, g').selectOption('32');
    await page.waitForURL(/complexity\.group=32/);
    await page.locator('bb-complexity-space').getByText('INT8, groups of 32').waitFor();
    await answer(page, 'bb-complexity-space').waitFor();
    assert.deepEqual((await written())['INT8, groups of 32'], [65536 + 4 * 2048, 65536 + 2 * 2048]);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a thorough run shows how far it is and can be cancelled', async () => {
    const { page, close } = await visit({ section: 'complexity' });
    await finding(page, 'bb-complexity-times').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Measure thoroughly' }).click();
    await page.waitForURL(/complexity\.run=thorough/);
    const progress = page.locator('bb-complexity-times bb-progress');
    await progress.getByText('Timing').first().waitFor();
    await progress.getByRole('button', { name: /Cancel/ }).click();
    await page.locator('bb-complexity-times').getByText('Cancelled.').waitFor();
    assert.ok(await page.locator('bb-complexity-times .answer.stale .finding').isVisible());
    await close();
  });

  test('a tensor too narrow for groups is told so in words', async () => {
    const { page, troubles, close } = await visit({ section: 'complexity', rows: '4', columns: '4' });
    await answer(page, 'bb-complexity-space').waitFor({ timeout: 60_000 });
    const text = await answer(page, 'bb-complexity-space').innerText();
    assert.doesNotMatch(text, /NaN|Infinity|∞/);
    assert.match(text, /Low rank, r = 4/);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('a sine by broken lines: the known error, the known rate, and the controls', async () => {
    const { page, troubles, close } = await visit({ section: 'approximation' });
    const tag = 'bb-theory-approximation';
    await finding(page, tag).waitFor();
    // Least squares leaves two thirds of the interpolation error h^2 max|f''| / 8.
    const unrounded = Number(/Without rounding it would be ([\d.]+)/.exec(await finding(page, tag).innerText())[1]);
    near(unrounded, (2 * Math.PI / 16) ** 2 / 12, 2e-4);
    const rate = /m to the (−[\d.]+) ± ([\d.]+)/.exec(await answer(page, tag).locator('.finding').nth(1).innerText());
    near(Number(rate[1].replace('−', '-')), -2, 0.05);
    await page.getByLabel('Units, m').fill('32');
    await page.getByLabel('Units, m').blur();
    await page.waitForURL(/approximation\.units=32/);
    await finding(page, tag).filter({ hasText: 'With 32 units of 8 bits, 280 bits' }).waitFor();
    await page.getByLabel('Function on [0, 1]').selectOption('abs');
    await page.waitForURL(/approximation\.function=abs/);
    await answer(page, tag).locator('.finding').nth(1).filter({ hasText: /m to the −(0\.9|1\.0)/ }).waitFor();
    await page.getByLabel('Function on [0, 1]').selectOption('jump');
    await answer(page, tag).locator('.finding').nth(1).filter({ hasText: 'not continuous' }).waitFor();
    await page.getByLabel('Function on [0, 1]').selectOption('samples');
    await paste(page, tag, 'Values at even steps from 0 to 1', '0, 1, x');
    await page.locator(tag).locator('bb-notice').filter({ hasText: '“x” is not a number' }).waitFor();
    await paste(page, tag, 'Values at even steps from 0 to 1', '0, 1, 0');
    // A broken line with its corner on a knot is met exactly.
    await answer(page, tag).locator('.finding').nth(1).filter({ hasText: 'no rate to measure' }).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('every formula’s Python runs as it is copied', async () => {
    const { page, close } = await visit({});
    for (const tag of ['bb-quality-tokens', 'bb-quality-distributions', 'bb-quality-answers', 'bb-quality-front', 'bb-complexity-space', 'bb-theory-approximation']) {
      await answer(page, tag).first().waitFor({ timeout: 60_000 });
      const programs = await answer(page, tag).locator('bb-equation').evaluateAll((all) => all.map(({ equation }) => equation.python));
      assert.ok(programs.length > 0, tag);
      for (const python of programs) assert.notEqual(execFileSync('python3', ['-c', python], { encoding: 'utf8' }).trim(), '', tag);
    }
    await close();
  });

  test('the Theory view leads to the course’s formulas in Fit, open and in sight', async () => {
    const { page, troubles, close } = await visit({});
    await page.getByRole('link', { name: 'beside the exact figures' }).click();
    await page.waitForURL(/view=fit.*section=course/);
    await page.locator('bb-fit-course tbody').first().waitFor();
    await page.waitForFunction(() => scrollY > 200);
    await page.locator('#section-course summary').click();
    await page.waitForURL((url) => !url.hash.includes('course'));
    assert.equal(await page.locator('bb-fit-course').count(), 0);
    assert.deepEqual(troubles, []);
    await close();
  });

  for (const colorScheme of ['light', 'dark'])
    test(`axe finds nothing serious, ${colorScheme}`, async () => {
      const { page, close } = await visit({ section: 'quality', 'quality.table': 'own', 'quality.runs': 'a, 2 GB, 6|b, 1 GB, 7', 'approximation.function': 'samples' }, { colorScheme, bypassCSP: true });
      for (const tag of ['bb-quality-front', 'bb-complexity-times', 'bb-theory-approximation']) await answer(page, tag).waitFor({ timeout: 60_000 });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      await close();
    });

  test('at 320 px nothing is wider than the screen', async () => {
    const { page, troubles, close } = await visit({ section: 'quality', 'quality.table': 'own' }, { viewport: { width: 320, height: 800 } });
    for (const tag of ['bb-quality-tokens', 'bb-complexity-times', 'bb-complexity-space', 'bb-theory-approximation']) await answer(page, tag).waitFor({ timeout: 60_000 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
    assert.deepEqual(troubles, []);
    await close();
  });
});
