// Every task that a worker can do: one line per view.
import { filesTasks } from '../views/files/tasks.js';
import { fitTasks } from '../views/fit/tasks.js';
import { labTasks } from '../views/lab/tasks.js';

export const tasks = { ...fitTasks, ...labTasks, ...filesTasks };
export type Tasks = typeof tasks;
