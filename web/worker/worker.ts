// The worker of Fit, the lab and Files: the core alone.
import { load } from 'bitbudget';
import { serve } from './serve.js';
import { tasks } from './tasks.js';

serve(tasks, async ([wasmBinary], alive) => ({ core: await load({ wasmBinary: wasmBinary!, alive }) }));
