import type { MainModule } from './bitbudget.mjs';
import type { Bitbudget, CourseFigure, Device, DevicesNeeded, FormatFits, KnownModel, MemoryLimit, Roofline, SizeOptions, SizeReport, Solution, Sweep, TrainingOptions } from './api.js';
import { BitbudgetError, finite, natural, unwrap } from './error.js';

type Kind = 'text' | 'count' | 'truth' | 'texts' | 'bytes';

const trainingKinds: Record<keyof TrainingOptions, Kind> = {
  method: 'text', optimizer: 'text', precision: 'text', checkpointing: 'text', fp32Gradients: 'truth', flashAttention: 'truth', dropout: 'truth',
  loraRank: 'count', loraTargets: 'texts', baseFormat: 'text', zeroStage: 'count', dataParallel: 'count', tensorParallel: 'count',
  sequenceParallel: 'truth', pipelineParallel: 'count', expertParallel: 'count',
};
const sizeKinds: Record<Exclude<keyof SizeOptions, 'training'>, Kind> = {
  weightFormat: 'text', embeddingFormat: 'text', headFormat: 'text', normFormat: 'text', weightBytes: 'bytes', storeTiedHead: 'truth', kvFormat: 'text', kFormat: 'text',
  vFormat: 'text', batch: 'count', context: 'count', prefillChunk: 'count', windowKeepsChunk: 'truth', flashAttention: 'truth', allLogits: 'truth',
};

function checked(kind: Kind, value: unknown, field: string): unknown {
  switch (kind) {
    case 'count': return natural(value, field);
    case 'text': return String(value);
    case 'texts':
      if (Array.isArray(value)) return value.map(String);
      throw new BitbudgetError('invalid_argument', `${field} must be an array of names.`, { field });
    case 'bytes':
      if (typeof value === 'object' && value !== null) return Object.entries(value).map(([kind, bytes]) => [kind, natural(bytes, `${field}.${kind}`)]);
      throw new BitbudgetError('invalid_argument', `${field} must be an object of bytes by kind.`, { field });
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

const memoryLimit = ({ memory, reserved = 0, devices = 1 }: MemoryLimit): object => ({
  memory: finite(memory, 'memory'), reserved: finite(reserved, 'reserved'), devices: natural(devices, 'devices'),
});

const checkedDevice = ({ flopsPerSecond, bytesPerSecond, count = 1 }: Device): object => ({
  flopsPerSecond: finite(flopsPerSecond, 'device.flopsPerSecond'), bytesPerSecond: finite(bytesPerSecond, 'device.bytesPerSecond'),
  count: natural(count, 'device.count'),
});

function naturals(values: Iterable<number>, field: string): Float64Array {
  return Float64Array.from(values, (value) => {
    if (natural(value, field) >= 1) return value;
    throw new BitbudgetError('invalid_argument', `${field} must be 1 or more.`, { field });
  });
}

/** A report that comes as JSON text. */
const parsed = <T>(call: () => unknown): T => JSON.parse(unwrap<string>(call)) as T;

type Sizing = 'sizeModel' | 'courseFigures' | 'models' | 'mixtures' | 'solve' | 'formatFits' | 'sweep' | 'roofline' | 'decodeRates' | 'devicesNeeded';

export function sizingApi(module: MainModule): Pick<Bitbudget, Sizing> {
  return {
    sizeModel: (config, options = {}) => parsed<SizeReport>(() => module.sizeModel(String(config), sizeOptions(options))),
    courseFigures: (config, options = {}) => parsed<CourseFigure[]>(() => module.courseFigures(String(config), sizeOptions(options))),
    models: () => JSON.parse(module.models() as string) as KnownModel[],
    mixtures: () => JSON.parse(module.mixtures() as string) as ReturnType<Bitbudget['mixtures']>,
    solve: (config, limit, options = {}) => parsed<Solution>(() => module.solve(String(config), memoryLimit(limit), sizeOptions(options))),
    formatFits: (config, limit, options = {}, formats = []) =>
      parsed<FormatFits>(() => module.formatFits(String(config), memoryLimit(limit), formats.map(String), sizeOptions(options))),
    sweep: (config, over, values, options = {}) => {
      if (over !== 'context' && over !== 'batch') throw new BitbudgetError('invalid_argument', 'over must be "context" or "batch".', { field: 'over' });
      return unwrap<Sweep>(() => module.sweep(String(config), over === 'batch', naturals(values, 'values'), sizeOptions(options)));
    },
    roofline: (config, device, options = {}) => parsed<Roofline>(() => module.roofline(String(config), checkedDevice(device), sizeOptions(options))),
    decodeRates: (config, device, batches, options = {}) =>
      unwrap<Float64Array>(() => module.decodeRates(String(config), checkedDevice(device), naturals(batches, 'batches'), sizeOptions(options))),
    devicesNeeded: (config, memory, options = {}) =>
      unwrap<DevicesNeeded>(() => module.devicesNeeded(String(config), finite(memory, 'memory'), sizeOptions(options))),
  };
}
