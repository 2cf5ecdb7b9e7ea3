// How long the answers of the sizing take, through the package: node tests/bench/latency.mjs (after web/serve --build-only)
import { load } from '../../build/package/index.js';

const bitbudget = await load();
const model = bitbudget.models().find(({ id }) => id === 'meta-llama/Llama-3.1-8B').config;
const contexts = Array.from({ length: 1000 }, (_, i) => (i + 1) * 131);
const tensors = Array.from({ length: 5000 }, (_, i) => ({ name: `model.layers.${i % 100}.mlp.experts.${i}.up_proj.weight`, type: 'BF16', shape: [8, 8], offset: 0, byteLength: 128 }));
const jobs = {
  'full report': () => bitbudget.sizeModel(model, { training: { method: 'lora' } }),
  'sweep of 1,000 contexts': () => bitbudget.sweep(model, 'context', contexts),
  'ledger of 5,000 tensors': () => bitbudget.ledger(tensors),
};

console.log('answer                      median ms      p95 ms');
for (const [name, job] of Object.entries(jobs)) {
  for (let i = 0; i < 20; i++) job();
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    job();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  console.log(`${name.padEnd(26)} ${times[100].toFixed(3).padStart(10)}  ${times[190].toFixed(3).padStart(10)}`);
}
