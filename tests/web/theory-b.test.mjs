// Theory: pruning, low rank, calibrated rounding, bias and variance. Figures are checked against closed forms, bytes counted by
// hand, and the table of an independent implementation.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch, open, start } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const link = (params) => '#' + new URLSearchParams({ v: '1', view: 'theory', ...params });
const near = (actual, expected, tolerance, what = '') => assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not within ${tolerance} of ${expected}`);
const tags = { pruning: 'bb-theory-pruning', 'low-rank': 'bb-theory-low-rank', calibrated: 'bb-theory-calibrated', 'bias-variance': 'bb-theory-bias-variance' };
/** Debian's NumPy belongs to Debian's Python; another one may come first on the path. */
const kPython = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const kLong = { timeout: 60_000 };

describe('Theory: pruning, low rank, calibrated rounding, bias and variance', () => {
  let browser;
  let host;
  before(async () => { browser = await launch(); host = await start(); });
  after(async () => { await browser?.close(); await host?.stop(); });
  /** One section of the tensor at hand, as an embed shows it: no other works beside it. */
  const visit = async (section, params = {}, options = {}) => {
    const opened = await open(browser, `${host.address}embed.html${link({ section, controls: 'full', ...params })}`, { locale: 'en-US', ...options });
    await answer(opened.page, section).locator('.finding').first().waitFor(kLong);
    return opened;
  };
  const answer = (page, section) => page.locator(`${tags[section]} .answer:not(.stale)`);
  const rows = (page, section, name) => answer(page, section).locator(`bb-figure[name="${name}"]`).evaluate((figure) => figure.table.rows);
  const pythons = (page, section) => page.locator(`${tags[section]} bb-equation`).evaluateAll((all) => all.map(({ equation }) => equation.python).filter(Boolean));
  const python = (text) => execFileSync(kPython, ['-c', text], { encoding: 'utf8' }).trim();

  test('pruning: errors of normal weights by their density, bytes by hand, and the controls', async () => {
    const { page, troubles, close } = await visit('pruning');
    const errors = await rows(page, 'pruning', 'pruning-weight-error');
    const at = (method, sparsity) => errors.find(([name, s]) => name === method && Math.abs(s - sparsity) < 0.004);
    // The energy of a normal variable below its quantile q of magnitude: 2 (Phi(q) - 1/2) - 2 q phi(q).
    const density = (q) => Math.exp((-q * q) / 2) / Math.sqrt(2 * Math.PI);
    for (const [sparsity, q] of [[0.5, 0.67449], [0.9, 1.644854]]) near(at('smallest of all', sparsity)[2], sparsity - 2 * q * density(q), 0.01 * sparsity, 'magnitude');
    for (const [name, , weight, output] of errors.filter(([, s]) => s === 0.5)) {
      assert.ok(weight >= at('smallest of all', 0.5)[2], name);
      if (name !== 'OBS, the rest moved') assert.ok(output > at('OBS, the rest moved', 0.5)[3], name);
    }
    assert.ok(at('Wanda, in each row', 0.5)[3] < 0.2 * at('smallest of all', 0.5)[3]);
    const [bytes, ...kept] = await pythons(page, 'pruning').then((all) => [all.find((text) => text.includes('ceil')), ...all]);
    assert.equal(Number(python(bytes)), 65536 / 8 + 32768 * 2);
    near(Number(python(`print(${kept[0]})`)), Number((await page.locator(`${tags.pruning} bb-equation .result`).first().innerText()).replace(/[=\s]/g, '').replace('×10⁻⁶', 'e-6')), 1e-8);
    const sizes = await rows(page, 'pruning', 'pruning-bytes');
    assert.deepEqual(sizes[25], [0.5, 65536 / 8 + 65536, 4 * 257 + 32768 * (2 + 2), 131072]);
    const even = await answer(page, 'pruning').getByRole('region', { name: 'Break-even sparsities' }).locator('tbody tr').allInnerTexts();
    // A bit beside b bits, and 16 beside them: 1/b and 16/(16 + b), and a little for the row starts.
    assert.match(even[1], /F16\s+6\.25\s%\s+50\.4\s%\s+saves/);
    assert.match(even[0], /F32\s+3\.13\s%\s+33\.6\s%\s+saves/);
    assert.match(await answer(page, 'pruning').innerText(), /both cut the same mask/);
    const product = await answer(page, 'pruning').getByRole('region', { name: 'Time of multiplying by a vector' }).locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map(({ innerText }) => innerText.replace(/\s/g, ' '))));
    assert.deepEqual(product.map(([form, sparsity, size]) => [form, sparsity, size]), [['dense', '0 %', '256 KiB'], ['compressed rows (CSR)', '50.0 %', '193 KiB'], ['compressed rows (CSR)', '90.0 %', '39.4 KiB'], ['2 of 4, packed', '50.0 %', '136 KiB']]);
    for (const [, , , time] of product) assert.match(time, /^[\d.]+ µs$/);

    await page.getByRole('textbox', { name: 'Sparsity' }).fill('75');
    await page.getByRole('textbox', { name: 'Sparsity' }).press('Enter');
    await answer(page, 'pruning').locator('.finding').filter({ hasText: 'At 75.0 % sparsity' }).first().waitFor(kLong);
    await page.getByLabel('Inputs of the layer').selectOption('independent');
    await page.locator(tags.pruning).getByText('independent normal values, in all channels alike').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test('low rank: the energies of independent values, Eckart and Young met, and a correction that does not pay', async () => {
    const { page, troubles, close } = await visit('low-rank');
    const points = await rows(page, 'low-rank', 'low-rank-error');
    for (const [rank, residual] of [[64, 0.38], [32, 0.626], [16, 0.792]]) near(points.find(([r]) => r === rank)[2], residual, 0.01, `rank ${rank}`);
    for (const [rank, , allowed, measured] of points) near(measured, allowed, 1e-6, `rank ${rank}`);
    const values = (await rows(page, 'low-rank', 'singular-values')).map(([, s]) => s);
    // The largest of a square matrix of deviation sigma is near 2 sigma sqrt(n); all squares add up to the energy.
    near(values[0] / (0.02 * 2 * 16), 1, 0.03);
    near(values.reduce((sum, s) => sum + s * s, 0) / (65536 * 0.0004), 1, 0.02);
    await page.locator(tags['low-rank']).getByText('It saves up to rank 127').waitFor();
    const [residual] = (await pythons(page, 'low-rank')).filter((text) => text.includes('sum('));
    near(Number(python(residual)), points.find(([r]) => r === 32)[2], 1e-6);
    await answer(page, 'low-rank').locator('.finding').filter({ hasText: 'Not on this tensor' }).waitFor();
    const corrected = await rows(page, 'low-rank', 'low-rank-correction');
    const of = (what, rank) => corrected.find(([name, r]) => name === what && r === rank);
    assert.equal(of('3 bits and L R', 32)[2] - of('3 bits and L R', 0)[2], (16 * 512 * 32) / 65536);
    assert.ok(of('3 bits and L R', 32)[3] < 0.7 * of('3 bits and L R', 0)[3]);

    await page.getByLabel('Factors stored as').selectOption('q8_0');
    await answer(page, 'low-rank').getByText('low rank, Q8_0').first().waitFor({ state: 'attached', ...kLong });
    assert.equal((await rows(page, 'low-rank', 'low-rank-or-bits')).find(([, r]) => r === 32)[2], (8.5 * 512 * 32) / 65536);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('calibrated rounding: the table of an independent implementation', async () => {
    const { page, troubles, close } = await visit('calibrated');
    const weights = await rows(page, 'calibrated', 'calibrated-weights');
    const outputs = await rows(page, 'calibrated', 'calibrated-output');
    const expected = [[2, 'to nearest', 0.20878, 0.2093], [2, 'GPTQ', 0.53449, 0.09782], [3, 'to nearest', 0.03795, 0.0374], [3, 'GPTQ', 0.08615, 0.0136], [4, 'to nearest', 0.00822, 0.00825], [4, 'GPTQ', 0.01871, 0.00292]];
    for (const [bits, method, weight, output] of expected) {
      near(weights.find(([b, m]) => b === bits && m === method)[2] / weight, 1, 0.08, `${bits} ${method} weights`);
      near(outputs.find(([b, m]) => b === bits && m === method)[2] / output, 1, 0.08, `${bits} ${method} output`);
    }
    await page.getByLabel('Inputs of the layer').selectOption('uneven');
    await page.locator(tags.calibrated).getByText('in some channels').waitFor();
    await page.waitForFunction((tag) => {
      const find = (root) => root.querySelector(tag) ?? [...root.querySelectorAll('*')].map((e) => e.shadowRoot && find(e.shadowRoot)).find(Boolean);
      return find(document)?.shadowRoot.querySelector('.answer.stale') === null;
    }, tags.calibrated, kLong);
    // Where columns differ in size, AWQ's scaling pays.
    const uneven = await rows(page, 'calibrated', 'calibrated-output');
    assert.ok(uneven.find(([b, m]) => b === 3 && m === 'AWQ')[2] < 0.8 * uneven.find(([b, m]) => b === 3 && m === 'to nearest')[2]);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the functions of NumPy that are copied do what they say', async () => {
    // Each beside its definition, or another way to the same: Python asserts, and a fault fails the call.
    const checks = {
      delete: `
H = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 3.0]])
w = np.array([1.0, -2.0, 0.5])
left = delete(w, H, 1)
# The least of d H d with d[1] = -w[1]: its slope is zero along the other two.
assert abs(left[1]) < 1e-12 and np.allclose((H @ (left - w))[[0, 2]], 0), left`,
      correction: `
W = np.diag([5.0, 3.0, 1.0]) + 0.25
L, R = correction(W, np.full((3, 3), 0.25), 2)
assert L.shape == (3, 2) and R.shape == (2, 3) and np.allclose(L @ R, np.diag([5.0, 3.0, 0.0]))`,
      output_error: `
assert output_error(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])) == 1
assert output_error(np.eye(2), np.eye(2) * 0.5, np.array([[1.0, 2.0]])) == 0.25`,
      gptq_row: `
generator = np.random.default_rng(1)
X = generator.normal(size=(64, 8)) @ generator.normal(size=(8, 8))
H = X.T @ X
w = generator.normal(size=8)
made = gptq_row(w, H, np.round)
# By the formula: after each weight, the inverse of what is left of H anew.
slow = w.copy()
for q in range(8):
    inverse = np.linalg.inv(H[q:, q:])
    off = slow[q] - np.round(slow[q])
    slow[q:] -= off / inverse[0, 0] * inverse[:, 0]
assert np.allclose(made, slow, atol=1e-9) and np.array_equal(made, np.round(made))
error = lambda v: (v - w) @ H @ (v - w)
assert error(made) < error(np.round(w))
assert np.array_equal(gptq_row(w, np.eye(8), np.round), np.round(w))`,
      split: `
generator = np.random.default_rng(2)
bias, variance = split(generator.normal(0.3, 2.0, size=(400, 2000)), 0.0)
assert abs(bias - 0.09) < 0.01 and abs(variance - 4) < 0.05, (bias, variance)`,
    };
    const done = [];
    for (const section of ['pruning', 'low-rank', 'calibrated', 'bias-variance']) {
      const { page, close } = await visit(section);
      for (const text of await pythons(page, section)) {
        if (!text.includes('import numpy')) continue;
        const [, name] = /^def (\w+)/m.exec(text);
        python(`${text}\n${checks[name]}`);
        done.push(name);
      }
      await close();
    }
    assert.deepEqual(done.sort(), Object.keys(checks).sort());
  });

  test('bias and variance: twelfths of the step squared; sums lean by n and scatter by its root', async () => {
    const { page, troubles, close } = await visit('bias-variance', { 'bias-variance.bits': '8' });
    const table = await rows(page, 'bias-variance', 'bias-variance');
    const expected = { 'to nearest': [1 / 12, 0], truncated: [1 / 3, 0], stochastic: [0, 1 / 6], dithered: [0, 1 / 6], 'dither taken off': [0, 1 / 12] };
    for (const [name, , bias, variance, whole] of table) {
      near(bias, expected[name][0], 0.006, `${name} bias`);
      near(variance, expected[name][1], 0.006, `${name} variance`);
      near(bias + variance, whole, 1e-9, name);
    }
    const sums = await rows(page, 'bias-variance', 'rounding-in-sums');
    const [first, last] = [sums[0], sums.at(-1)];
    near(last[2] / first[2] / last[0], 1, 1e-6, 'the lean is n times one term’s');
    near(Math.log(last[7] / first[7]) / Math.log(last[0]), 0.5, 0.05, 'the scatter grows as the root');
    assert.ok(Math.abs(last[2]) > 10 * last[3]);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('the smallest tensor and the kinds of values: words instead of NaN', async () => {
    for (const [section, params] of [['pruning', { rows: 5, columns: 6 }], ['low-rank', { rows: 4, columns: 4 }], ['calibrated', { rows: 4, columns: 4 }], ['bias-variance', { rows: 4, columns: 4 }],
      ['low-rank', { tensor: 'decaying', rows: 32, columns: 64, 'low-rank.rank': 64 }], ['pruning', { tensor: 'outliers', rows: 32, columns: 64, 'pruning.values': 'q4_0' }]]) {
      const { page, troubles, close } = await visit(section, params);
      assert.doesNotMatch(await page.locator(tags[section]).innerText(), /NaN|Infinity|undefined|not a number|null/, `${section} ${JSON.stringify(params)}`);
      if (params.columns === 6) await page.getByText('Left out for this shape: blocks of 4 × 4').waitFor();
      if (params.tensor === 'decaying') await page.getByText('has at most rank 32').waitFor();
      assert.deepEqual(troubles, []);
      await close();
    }
  });

  test('every choice is in the address, and an address is read back', async () => {
    const given = {
      'pruning.sparsity': '0.25', 'pruning.inputs': 'correlated', 'pruning.seed': '5', 'pruning.values': 'q4_0', 'low-rank.rank': '8', 'low-rank.factors': 'f32',
      'calibrated.inputs': 'independent', 'calibrated.group': '32', 'calibrated.seed': '6', 'bias-variance.bits': '5', 'bias-variance.seed': '7',
    };
    const { page, troubles, close } = await open(browser, host.address + link({ rows: 32, columns: 32, ...given }), { locale: 'en-US' });
    const field = (section, role, name) => page.locator(tags[section]).getByRole(role, { name, exact: true });
    const controls = [
      ['pruning', 'textbox', 'Sparsity', '25', '75', 'pruning.sparsity=0.75'], ['pruning', 'combobox', 'Inputs of the layer', 'correlated', 'independent', 'pruning.inputs=independent'],
      ['pruning', 'textbox', 'Seed of the inputs', '5', '15', 'pruning.seed=15'], ['pruning', 'combobox', 'Kept values stored as', 'q4_0', 'q8_0', 'pruning.values=q8_0'],
      ['low-rank', 'textbox', 'Rank', '8', '4', 'low-rank.rank=4'], ['low-rank', 'combobox', 'Factors stored as', 'f32', 'q8_0', 'low-rank.factors=q8_0'],
      ['calibrated', 'combobox', 'Inputs of the layer', 'independent', 'uneven', 'calibrated.inputs=uneven'], ['calibrated', 'textbox', 'Columns that share a scale', '32', '16', 'calibrated.group=16'],
      ['calibrated', 'textbox', 'Seed of the inputs', '6', '16', 'calibrated.seed=16'],
      ['bias-variance', 'textbox', 'Bits', '5', '6', 'bias-variance.bits=6'], ['bias-variance', 'textbox', 'Seed of the rounding', '7', '17', 'bias-variance.seed=17'],
    ];
    for (const [section, role, name, shown, next, expected] of controls) {
      await field(section, role, name).waitFor();
      assert.equal(await field(section, role, name).inputValue(), shown, `${section}: ${name}`);
      if (role === 'combobox') await field(section, role, name).selectOption(next);
      else { await field(section, role, name).fill(next); await field(section, role, name).press('Enter'); }
      await page.waitForFunction((part) => location.hash.includes(part), expected);
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  for (const [section, tag] of Object.entries(tags)) {
    test(`${section}: axe finds nothing serious, and at 320 px nothing is wider than the screen`, async () => {
      const { page, close } = await visit(section, { rows: 64, columns: 64 }, { bypassCSP: true, viewport: { width: 320, height: 800 } });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
      await page.locator(`${tag} details summary`).first().click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      await close();
    });
  }
});
