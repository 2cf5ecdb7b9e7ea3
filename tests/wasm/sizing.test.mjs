// The package as Node.js loads it: sizing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../../build/package/index.js';
import { refusal } from './refusal.mjs';

const bitbudget = await load();
const llama7b = bitbudget.models().find(({ id }) => id === 'huggyllama/llama-7b').config;

const breakdowns = (report) => [report.parameters, report.weights, report.kvCache, report.activations, report.inference, report.training,
  report.flops.perToken, report.flops.prefill, report.flops.trainingStep];

test('LLaMA-7B has the published totals', () => {
  const report = bitbudget.sizeModel(llama7b, { context: 2048 });
  assert.equal(report.modelType, 'llama');
  assert.equal(report.parameters.total, 6738415616);
  assert.equal(report.weights.total, 2 * 6738415616);
  assert.equal(report.kvCache.total, 1073741824);
  assert.equal(report.inference.total, report.weights.total + report.kvCache.total + report.activations.total);
  // Mixed-precision Adam: 16 bytes for each parameter.
  const states = report.training.terms.filter(({ id }) => !id.startsWith('activations_')).reduce((sum, { value }) => sum + value, 0);
  assert.equal(states, 16 * 6738415616);
});

test('every known model is sized; totals are sums of named terms, each with its formula', () => {
  const models = bitbudget.models();
  assert.equal(new Set(models.map(({ id }) => id)).size, models.length);
  for (const { id, config } of models) {
    const report = bitbudget.sizeModel(config, { batch: 3, context: 5000 });
    for (const { total, terms } of breakdowns(report)) {
      assert.ok(terms.length > 0, id);
      assert.equal(new Set(terms.map((term) => term.id)).size, terms.length, id);
      assert.ok(Math.abs(terms.reduce((sum, { value }) => sum + value, 0) - total) <= total * 1e-12, id);
      for (const term of terms) assert.ok(term.label && term.formula && term.substituted && term.unit && term.certainty, `${id} ${term.id}`);
    }
  }
});

test('known models: at least 60, and mixtures that weightFormat takes', () => {
  assert.ok(bitbudget.models().length >= 60);
  const llama = bitbudget.models().find(({ id }) => id === 'meta-llama/Llama-3.1-8B').config;
  assert.ok(bitbudget.mixtures().some(({ id, label, base }) => id === 'q4_k_m' && label === 'Q4_K_M' && base === 'q4_k'));
  const bits = (weightFormat) => {
    const { weights, parameters } = bitbudget.sizeModel(llama, { weightFormat });
    return (weights.total * 8) / parameters.total;
  };
  assert.ok(Math.abs(bits('q4_k_m') - 4.8944) < 5e-5);
  for (const { id } of bitbudget.mixtures()) assert.ok(bits(id) > 2);
});

test("the course's figures and their differences add up to the exact ones", () => {
  const figures = bitbudget.courseFigures(llama7b);
  assert.deepEqual(figures.map(({ id }) => id), ['parameters', 'weights', 'kv_cache', 'training', 'flops_layers', 'flops_total']);
  for (const { course, exact, differences } of figures) {
    const sum = differences.reduce((total, { value }) => total + value, course.value);
    assert.ok(Math.abs(sum - exact) <= 1e-12 * exact, course.id);
  }
  assert.equal(figures[0].exact, 6738415616);
  assert.equal(refusal(() => bitbudget.courseFigures('{}')).field, 'model_type');
});

test('options reach the core, and a slip is refused with its name', () => {
  const total = (training) => bitbudget.sizeModel(llama7b, { context: 512, training }).training.total;
  assert.ok(total({ method: 'qlora' }) < total({ method: 'lora' }));
  assert.ok(total({ method: 'lora', loraTargets: ['attn_q'] }) < total({ method: 'lora' }));
  assert.ok(total({ zeroStage: 3, dataParallel: 8 }) < total({ zeroStage: 2, dataParallel: 8 }));
  assert.equal(refusal(() => total({ zeroStage: 4 })).field, 'training.zeroStage');
  assert.equal(refusal(() => total({ method: 'magic' })).field, 'training.method');
  assert.equal(refusal(() => total({ method: 'lora', loraTargets: ['nothing'] })).field, 'training.loraTargets');
  assert.equal(refusal(() => total({ zeroStages: 1 })).field, 'training.zeroStages');
  assert.equal(refusal(() => bitbudget.sizeModel(llama7b, { contxt: 1 })).field, 'contxt');
  assert.equal(refusal(() => bitbudget.sizeModel(llama7b, { batch: 0 })).field, 'batch');
  assert.equal(refusal(() => bitbudget.sizeModel(llama7b, { weightFormat: 'q99' })).code, 'unknown_format');
  assert.equal(refusal(() => bitbudget.sizeModel('{', {})).code, 'invalid_json');
  assert.equal(refusal(() => bitbudget.sizeModel('{"model_type": "unheard_of"}', {})).code, 'unknown_model');
});

test('questions backwards agree with the report', () => {
  const limit = { memory: 24 * 2 ** 30, reserved: 1e9 };
  const { longestContext, largestBatch, fewestDevices } = bitbudget.solve(llama7b, limit);
  const total = (options) => bitbudget.sizeModel(llama7b, options).inference.total;
  assert.equal(total({ context: longestContext.value }), longestContext.bytes);
  assert.ok(total({ context: longestContext.value + 1 }) > limit.memory - limit.reserved);
  assert.equal(total({ batch: largestBatch.value }), largestBatch.bytes);
  assert.ok(total({ batch: largestBatch.value + 1 }) > limit.memory - limit.reserved);
  assert.deepEqual(fewestDevices, { found: true, value: 1, bytes: total({}) });

  const { best, formats } = bitbudget.formatFits(llama7b, { memory: 8 * 2 ** 30 }, {}, ['f16', 'q8_0', 'q4_k_m']);
  assert.equal(best, 'q8_0');
  assert.deepEqual(formats.map(({ fits }) => fits), [false, true, true]);
  assert.equal(formats[1].bytes, total({ weightFormat: 'q8_0' }));
  assert.ok(bitbudget.formatFits(llama7b, { memory: 1e12 }).formats.length >= bitbudget.formats().length);

  const training = { zeroStage: 3 };
  const needed = bitbudget.devicesNeeded(llama7b, 40e9, { context: 512, training });
  assert.ok(needed.fits);
  const perDevice = (dataParallel) => bitbudget.sizeModel(llama7b, { context: 512, training: { ...training, dataParallel } }).training.total;
  assert.equal(perDevice(needed.dataParallel), needed.bytesPerDevice);
  assert.ok(perDevice(needed.dataParallel - 1) > 40e9);

  assert.equal(refusal(() => bitbudget.solve(llama7b, { memory: -1 })).field, 'memory');
  assert.equal(refusal(() => bitbudget.sweep(llama7b, 'context', [0])).field, 'values');
});

test('a sweep of a thousand points is the report, point by point', () => {
  const contexts = Array.from({ length: 1000 }, (_, i) => (i + 1) * 131);
  const { weights, kvCache, activations } = bitbudget.sweep(llama7b, 'context', contexts, { kvFormat: 'q8_0' });
  for (const i of [0, 1, 500, 999]) {
    const report = bitbudget.sizeModel(llama7b, { context: contexts[i], kvFormat: 'q8_0' });
    assert.equal(weights + kvCache[i] + activations[i], report.inference.total);
  }
});

test('the roofline names its side; rates by batch are its rates', () => {
  const device = { flopsPerSecond: 165e12, bytesPerSecond: 1008e9 };
  const { prefill, decode, tokensPerSecond } = bitbudget.roofline(llama7b, device);
  assert.equal(prefill.limit, 'compute');
  assert.equal(decode.limit, 'bandwidth');
  assert.equal(decode.seconds, decode.bytes.total / 1008e9);
  assert.equal(decode.bandwidth.unit, 'seconds');
  const [one, many] = bitbudget.decodeRates(llama7b, device, [1, 64]);
  assert.ok(Math.abs(one / tokensPerSecond - 1) < 1e-12);
  assert.ok(many > one);
  assert.equal(refusal(() => bitbudget.roofline(llama7b, { ...device, count: 0 })).field, 'device.count');
});

test('the bytes of a real file take the place of a format’s', () => {
  const { config } = bitbudget.models()[0];
  const weightBytes = { attention: 1000, norm: 24, buffer: 8 };
  const { weights, inference } = bitbudget.sizeModel(config, { weightBytes });
  assert.deepEqual(weights.terms.map(({ value, certainty }) => [value, certainty]), [[1000, 'exact'], [24, 'exact'], [8, 'exact']]);
  assert.equal(inference.terms[0].value, 1032);
  assert.equal(bitbudget.sweep(config, 'context', [1024], { weightBytes }).weights, 1032);
  // Each format is asked for itself, whatever the file has.
  assert.deepEqual(bitbudget.formatFits(config, { memory: 1e12 }, { weightBytes }).formats[0], bitbudget.formatFits(config, { memory: 1e12 }).formats[0]);
  // The course's figure still sums up to the exact one, which is the file's.
  const figure = bitbudget.courseFigures(config, { weightBytes }).find(({ id }) => id === 'weights');
  assert.equal(figure.exact, 1032);
  assert.equal(figure.course.value + figure.differences.reduce((sum, { value }) => sum + value, 0), 1032);
  assert.equal(refusal(() => bitbudget.sizeModel(config, { weightBytes: { nothing: 1 } })).field, 'weightBytes');
  assert.equal(refusal(() => bitbudget.sizeModel(config, { weightBytes: { norm: -1 } })).field, 'weightBytes.norm');
});
