// The Theory view's work, inside its worker: one line per section.
import { tensorTasks } from './tasks/tensor.js';
import { uniformTasks } from './tasks/uniform.js';

export const theoryTasks = { ...tensorTasks, ...uniformTasks };
export type TheoryTasks = typeof theoryTasks;
