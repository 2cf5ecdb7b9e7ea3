// The worker of the Theory view: the core, and the experiments with their linear algebra.
import { load } from 'bitbudget';
import { load as loadTheory } from 'bitbudget/theory';
import { theoryTasks } from '../views/theory/tasks.js';
import { serve } from './serve.js';

serve(theoryTasks, async ([core, theory], alive) => ({ core: await load({ wasmBinary: core!, alive }), theory: await loadTheory({ wasmBinary: theory!, alive }) }));
