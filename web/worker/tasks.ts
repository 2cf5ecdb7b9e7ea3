// Every task that a worker can do: one line per view.
import { compressTasks } from '../views/files/compress/tasks.js';
import { filesTasks } from '../views/files/tasks.js';
import { fitTasks } from '../views/fit/tasks.js';
import { labTasks } from '../views/lab/tasks.js';

export const tasks = { ...fitTasks, ...labTasks, ...filesTasks, ...compressTasks };
export type Tasks = typeof tasks;
