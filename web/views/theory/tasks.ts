// The Theory view's work, inside its worker: one line per section.
import { approximationTasks } from './tasks/approximation.js';
import { biasTasks } from './tasks/bias-variance.js';
import { calibratedTasks } from './tasks/calibrated.js';
import { codingTasks } from './tasks/coding.js';
import { complexityTasks } from './tasks/complexity.js';
import { lowRankTasks } from './tasks/low-rank.js';
import { pruningTasks } from './tasks/pruning.js';
import { qualityTasks } from './tasks/quality.js';
import { rateDistortionTasks } from './tasks/rate-distortion.js';
import { ratioTasks } from './tasks/ratio.js';
import { tensorTasks } from './tasks/tensor.js';
import { uniformTasks } from './tasks/uniform.js';

export const theoryTasks = {
  ...tensorTasks, ...ratioTasks, ...rateDistortionTasks, ...codingTasks, ...uniformTasks, ...pruningTasks, ...lowRankTasks, ...calibratedTasks, ...biasTasks,
  ...qualityTasks, ...complexityTasks, ...approximationTasks,
};
export type TheoryTasks = typeof theoryTasks;
