// How long singular value decompositions take, through the package and by ml-matrix: node tests/bench/svd.mjs [SIZE] [ROUNDS]
// (after web/serve --build-only). Processor time, the least of interleaved rounds, so that what else runs on the
// machine hardly enters; the worst difference of the singular values says that both did the same work.
import { Matrix, SVD } from 'ml-matrix';
import { load as loadBitbudget } from '../../build/package/index.js';
import { load } from '../../build/package/theory/index.js';

const size = Number(process.argv[2] ?? 512);
const rounds = Number(process.argv[3] ?? 5);
const rank = Math.min(32, size);
const [{ randomTensor }, { compressors }] = [await loadBitbudget(), await load()];
const weights = randomTensor('normal', size * size, { seed: 1 });
const matrix = Matrix.from1DArray(size, size, weights);

const jobs = {
  'full, ours': () => compressors.truncatedSvd(weights, size, size).singularValues,
  [`randomized, rank ${rank}, ours`]: () => compressors.randomizedSvd(weights, size, rank).singularValues,
  'full, ml-matrix': () => new SVD(matrix).diagonal,
};
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const times = Object.fromEntries(Object.keys(jobs).map((name) => [name, []]));
const results = {};
for (let round = 0; round <= rounds; round++) {
  for (const [name, job] of Object.entries(jobs)) {
    const start = spent();
    results[name] = job();
    if (round > 0) times[name].push(spent() - start);   // the first round warms up
  }
}

console.log(`${size} x ${size}, independent normal values               least ms`);
for (const [name, list] of Object.entries(times)) console.log(`${name.padEnd(44)} ${Math.min(...list).toFixed(1).padStart(10)}`);
const worst = results['full, ours'].reduce((most, value, i) => Math.max(most, Math.abs(value - results['full, ml-matrix'][i])), 0);
console.log(`worst difference of a singular value: ${worst.toExponential(1)} of ${results['full, ours'][0].toFixed(2)}`);
