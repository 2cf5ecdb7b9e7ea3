// Every task that a worker can do: one line per view.
import { fitTasks } from '../views/fit/tasks.js';

export const tasks = { ...fitTasks };
export type Tasks = typeof tasks;
