import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, CourseFigure, SizeOptions, SizeReport, TrainingOptions } from './api.js';
import { BitbudgetError, natural, unwrap } from './error.js';

type Kind = 'text' | 'count' | 'truth' | 'texts';

const trainingKinds: Record<keyof TrainingOptions, Kind> = {
  method: 'text', optimizer: 'text', precision: 'text', checkpointing: 'text', fp32Gradients: 'truth', flashAttention: 'truth', dropout: 'truth',
  loraRank: 'count', loraTargets: 'texts', baseFormat: 'text', zeroStage: 'count', dataParallel: 'count', tensorParallel: 'count',
  sequenceParallel: 'truth', pipelineParallel: 'count', expertParallel: 'count',
};
const sizeKinds: Record<Exclude<keyof SizeOptions, 'training'>, Kind> = {
  weightFormat: 'text', embeddingFormat: 'text', headFormat: 'text', normFormat: 'text', storeTiedHead: 'truth', kvFormat: 'text', kFormat: 'text',
  vFormat: 'text', batch: 'count', context: 'count', prefillChunk: 'count', windowKeepsChunk: 'truth', flashAttention: 'truth', allLogits: 'truth',
};

function checked(kind: Kind, value: unknown, field: string): unknown {
  switch (kind) {
    case 'count': return natural(value, field);
    case 'text': return String(value);
    case 'texts':
      if (Array.isArray(value)) return value.map(String);
      throw new BitbudgetError('invalid_argument', `${field} must be an array of names.`, { field });
    case 'truth':
      if (typeof value === 'boolean') return value;
      throw new BitbudgetError('invalid_argument', `${field} must be true or false.`, { field });
  }
}

/** The given members, checked; absent ones keep the core's defaults. A member that there is not is refused: it may be a slip. */
function members(given: object, kinds: Record<string, Kind>, prefix: string): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!kind) throw new BitbudgetError('invalid_argument', `There is no option ${prefix}${name}.`, { field: prefix + name });
    out[name] = checked(kind, value, prefix + name);
  }
  return out;
}

export function sizeOptions({ training, ...options }: SizeOptions): Record<string, unknown> {
  const out = members(options, sizeKinds, '');
  if (training !== undefined) out['training'] = members(training, trainingKinds, 'training.');
  return out;
}

export function sizingApi(module: MainModule): Pick<Bitbudget, 'sizeModel' | 'courseFigures' | 'models' | 'mixtures'> {
  return {
    sizeModel: (config, options = {}) => JSON.parse(unwrap<string>(() => module.sizeModel(String(config), sizeOptions(options)))) as SizeReport,
    courseFigures: (config, options = {}) => JSON.parse(unwrap<string>(() => module.courseFigures(String(config), sizeOptions(options)))) as CourseFigure[],
    models: () => JSON.parse(module.models() as string) as ReturnType<Bitbudget['models']>,
    mixtures: () => JSON.parse(module.mixtures() as string) as ReturnType<Bitbudget['mixtures']>,
  };
}
