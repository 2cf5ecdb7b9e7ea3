// Every task that a worker can do: one line per view.
import { fitTasks } from '../views/fit/tasks.js';
import { labTasks } from '../views/lab/tasks.js';

export const tasks = { ...fitTasks, ...labTasks };
export type Tasks = typeof tasks;
