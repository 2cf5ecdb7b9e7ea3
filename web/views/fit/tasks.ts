// The Fit view's work, inside a worker: questions in, plain answers out. All arithmetic is the core's.
import type { Bitbudget, CourseFigure, Device, DevicesNeeded, FormatInfo, MemoryLimit, Most, Roofline, SizeOptions, SizeReport } from 'bitbudget';
import { commonFormats } from '../../data/format-groups.js';
import type { TaskContext } from '../../worker/task.js';
import { readStored, type FitState } from './state.js';

/** A number format, or a mixture of them that llama.cpp writes (weights only). */
export interface WeightChoice { id: string; label: string; mixture: boolean; bits: number; }

export interface Catalog {
  models: { id: string; label: string; config: string }[];
  formats: FormatInfo[];
  /** Formats and mixtures for the weights; a mixture's bits are those of the first model. */
  weights: WeightChoice[];
  version: string;
  simd: string;
}

export interface SizeQuestion { config: string; options: SizeOptions; limit: MemoryLimit; }
export interface SizeAnswer {
  report: SizeReport;
  /** Bytes on one device: its part of weights and cache, and all activations. */
  perDevice: number;
  /** The most tokens per sequence that fit; 0 when not even one does; Infinity when context costs nothing. */
  longestContext: number;
  largestBatch: number;
  /** 0 when no number of them is enough. */
  fewestDevices: number;
  /** Of the formats that people use, the one with most bits that fits; empty: none does. */
  bestFormat: string;
}

export interface FormatRow {
  id: string; label: string; bits: number; weights: number; total: number; fits: boolean;
  longest: number;
  tokensPerSecond: number;
}

export interface CurvePoint {
  context: number; total: number;
  /** Of it, what is not cache. */
  fixed: number;
}

export interface TrainingAnswer { training: SizeReport['training']; step: SizeReport['flops']['trainingStep']; needed: DevicesNeeded; }
export interface SpeedAnswer { roofline: Roofline; batches: number[]; rates: number[]; }
export interface DeviceSpeed { tokensPerSecond: number; firstToken: number; limit: 'compute' | 'bandwidth'; }

/** The model that stands there before anything is touched: the first of these that the core knows. */
const kFirstModel = /llama-?3\.1-?8b/i;

export function findModel<M extends { id: string }>(models: readonly M[], id: string): M | undefined {
  return models.find((model) => model.id === id) ?? (id === '' ? (models.find((model) => kFirstModel.test(model.id)) ?? models[0]) : undefined);
}

export const optionsOf = (asked: FitState): SizeOptions => ({
  weightFormat: asked.weights, kvFormat: asked.kv, context: asked.context, batch: asked.batch, prefillChunk: asked.chunk,
  ...(asked.stored && { weightBytes: readStored(asked.stored)! }),
  ...(asked.keys && { kFormat: asked.keys }), ...(asked.values && { vFormat: asked.values }),
});

export const limitOf = ({ memory, reserved, devices }: FitState): MemoryLimit => ({ memory, reserved: Math.min(reserved, memory), devices });

/** The core searches up to 2^40; what holds there holds for all that anybody means. */
const most = ({ found, value }: Most): number => (!found ? 0 : value >= 2 ** 40 ? Infinity : value);

function catalog(core: Bitbudget): Catalog {
  const models = core.models();
  const formats = core.formats();
  const registered = new Set(formats.map((format) => format.id));
  const first = findModel(models, '');
  const weights = first ? core.formatFits(first.config, { memory: 0 }).formats : [];
  return {
    models, formats, version: core.version, simd: core.simd,
    weights: weights.map(({ format, label, bitsPerWeight }) => {
      const mixture = !registered.has(format);
      return { id: format, label, mixture, bits: mixture ? bitsPerWeight : formats.find((each) => each.id === format)!.bitsPerWeight };
    }),
  };
}

function bestOf(core: Bitbudget, { config, options, limit }: SizeQuestion): string {
  const fits = core.formatFits(config, limit, options).formats.filter(({ format, fits }) => fits && commonFormats.has(format));
  return fits.reduce((best, each) => (each.weightBytes > best.weightBytes ? each : best), fits[0] ?? { format: '', weightBytes: 0 }).format;
}

function size(core: Bitbudget, { config, options, limit }: SizeQuestion): SizeAnswer {
  const report = core.sizeModel(config, options);
  const { longestContext, largestBatch, fewestDevices } = core.solve(config, limit, options);
  const { weights, kvCache, activations } = report;
  const perDevice = Math.ceil((weights.total + kvCache.total) / (limit.devices ?? 1)) + activations.total;
  const tooMuch = perDevice > limit.memory - (limit.reserved ?? 0);
  return {
    report, perDevice, longestContext: most(longestContext), largestBatch: most(largestBatch), fewestDevices: most(fewestDevices),
    bestFormat: tooMuch ? bestOf(core, { config, options, limit }) : '',
  };
}

export const fitTasks = {
  'fit.catalog': ({ core }: TaskContext, _input: null): Catalog => catalog(core),

  'fit.size': ({ core }: TaskContext, question: SizeQuestion): SizeAnswer => size(core, question),

  /** The config of a model file: of a config.json itself, or out of a GGUF's metadata. `bytes` may be its beginning. */
  'fit.open': ({ core }: TaskContext, { bytes, name, fileSize }: { bytes: Uint8Array; name: string; fileSize: number }): string => {
    const { format, config } = core.inspect(bytes, { name, fileSize });
    if (config !== undefined) return config;
    if (format === 'config') return new TextDecoder().decode(bytes);
    throw new Error(`This ${format} file holds tensors but not the model’s shape. Open the config.json that was published with it, or a GGUF file; or open both in Files, for the exact bytes.`);
  },

  'fit.formats': ({ core, progress }: TaskContext, { config, options, limit, device }: SizeQuestion & { device: Device }): FormatRow[] => {
    const { formats } = core.formatFits(config, limit, options);
    return formats.map(({ format, label, weightBytes, bitsPerWeight, bytes, fits }, index) => {
      progress({ stage: 'Formats', done: index, total: formats.length });
      const { weightBytes: _, ...mine } = { ...options, weightFormat: format };
      return {
        id: format, label, bits: bitsPerWeight, weights: weightBytes, total: bytes, fits,
        longest: most(core.solve(config, limit, mine).longestContext), tokensPerSecond: core.roofline(config, device, mine).tokensPerSecond,
      };
    });
  },

  'fit.curve': ({ core }: TaskContext, { config, options, limit, from, to, count }: SizeQuestion & { from: number; to: number; count: number }): CurvePoint[] => {
    const contexts = Array.from({ length: count }, (_, index) => Math.round(from * (to / from) ** (index / (count - 1))));
    const { weights, kvCache, activations } = core.sweep(config, 'context', contexts, options);
    const devices = limit.devices ?? 1;
    return contexts.map((context, index) => {
      const fixed = weights / devices + activations[index]!;
      return { context, fixed, total: fixed + kvCache[index]! / devices };
    });
  },

  'fit.training': ({ core }: TaskContext, { config, options, limit }: SizeQuestion): TrainingAnswer => {
    const { training, flops } = core.sizeModel(config, options);
    return { training, step: flops.trainingStep, needed: core.devicesNeeded(config, limit.memory - (limit.reserved ?? 0), options) };
  },

  'fit.course': ({ core }: TaskContext, { config, options }: { config: string; options: SizeOptions }): CourseFigure[] => core.courseFigures(config, options),

  'fit.speed': ({ core }: TaskContext, { config, options, device, batches }: { config: string; options: SizeOptions; device: Device; batches: number[] }): SpeedAnswer => ({
    roofline: core.roofline(config, device, options), batches, rates: [...core.decodeRates(config, device, batches, options)],
  }),

  'fit.devices': ({ core }: TaskContext, { config, options, devices }: { config: string; options: SizeOptions; devices: Device[] }): DeviceSpeed[] =>
    devices.map((device) => {
      const { tokensPerSecond, prefill, decode } = core.roofline(config, device, options);
      return { tokensPerSecond, firstToken: prefill.seconds, limit: decode.limit };
    }),
};
