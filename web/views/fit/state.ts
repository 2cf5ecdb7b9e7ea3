// What the Fit view is asked, as its part of the address: model=llama-3.1-8b&weights=q4_0&context=8192&memory=24GiB.
// Names and meanings here are for ever; a new one gets a default that leaves old links as they were.
import type { Params } from '../../shell/hash.js';
import { readTraining, writeTraining } from './training.js';

export interface FitState {
  /** A known model's id; empty when a config was given. */
  model: string;
  /** The text of a config.json; empty for a known model. */
  config: string;
  weights: string;
  /** Bytes of a real file's tensors by kind, "attention:123,norm:456", in place of what `weights` would give; empty: none. */
  stored: string;
  /** That file's name, to be shown. */
  file: string;
  kv: string;
  context: number;
  batch: number;
  /** A device's id in data/hardware.ts, for its speed; its memory is the number beside it. */
  device: string;
  memory: number;
  /** How many devices share weights and cache evenly. */
  devices: number;
  /** Bytes of each that are not for the model: driver, display, fragmentation. */
  reserved: number;
  /** Keys and values in formats of their own; empty: as kv. */
  keys: string;
  values: string;
  /** Tokens of a prompt that are worked on at a time. */
  chunk: number;
  /** Figures of the reader's own device, in place of the preset's: bytes and operations per second; 0: the preset's. */
  bandwidth: number;
  flops: number;
  /** How it is trained: training.ts. */
  train: string;
  /** Another set-up to compare with, as its own link without "#"; empty: none. */
  pin: string;
  /** The sections that are open, by id, with commas between. */
  open: string;
  /** A section that a link leads to: open, and scrolled to. */
  section: string;
}

export const kDefaults: FitState = {
  model: '', config: '', weights: 'f16', stored: '', file: '', kv: 'f16', context: 8192, batch: 1, device: 'nvidia-geforce-rtx-4090', memory: 24 * 2 ** 30, devices: 1, reserved: 0, keys: '', values: '', chunk: 512, bandwidth: 0, flops: 0,
  train: '', pin: '', open: '', section: '',
};

export const kMaxContext = 2 ** 40;
export const kMaxBatch = 2 ** 40;
export const kMaxDevices = 2 ** 20;

function wholeNumber(name: string, text: string | undefined, fallback: number, max: number, problems: string[]): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  problems.push(`${name} “${text}” is not a whole number from 1 to ${max}`);
  return fallback;
}

/** "24GiB", "80GB" or plain bytes. */
export function readMemory(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(GiB|GB|MiB|MB|TiB|TB)?$/.exec(text);
  if (!match) return undefined;
  const unit = { GiB: 2 ** 30, GB: 1e9, MiB: 2 ** 20, MB: 1e6, TiB: 2 ** 40, TB: 1e12 }[match[2] ?? ''] ?? 1;
  const value = Math.round(Number(match[1]) * unit);
  return value > 0 && Number.isSafeInteger(value) ? value : undefined;
}

export function writeMemory(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return bytes % 2 ** 30 === 0 ? `${bytes / 2 ** 30}GiB` : `${bytes / 2 ** 20}MiB`;
  return bytes % 1e6 === 0 ? (bytes % 1e9 === 0 ? `${bytes / 1e9}GB` : `${bytes / 1e6}MB`) : String(bytes);
}

/** The bytes by kind; undefined if the text is something else. */
export function readStored(text: string): Record<string, number> | undefined {
  const kinds = text.split(',').map((part) => /^([a-z_]+):(\d{1,16})$/.exec(part));
  if (!kinds.every((match) => match !== null && Number(match[2]) <= Number.MAX_SAFE_INTEGER)) return undefined;
  return Object.fromEntries(kinds.map((match) => [match![1]!, Number(match![2])]));
}

export const writeStored = (kinds: readonly { kind: string; bytes: number }[]): string => kinds.map(({ kind, bytes }) => `${kind}:${bytes}`).join(',');

const known = new Set(Object.keys(kDefaults));

export function readState(params: Params): { state: FitState; problems: string[] } {
  const problems: string[] = [];
  for (const key of Object.keys(params)) if (!known.has(key)) problems.push(`“${key}” means nothing to this view`);
  const amount = (name: 'memory' | 'reserved'): number => {
    const text = params[name];
    if (text === undefined) return kDefaults[name];
    const read = readMemory(text);
    if (read === undefined) problems.push(`${name} “${text}” is not an amount such as 24GiB`);
    return read ?? kDefaults[name];
  };
  const count = (name: 'context' | 'batch' | 'devices' | 'chunk' | 'bandwidth' | 'flops', most: number): number => wholeNumber(name, params[name], kDefaults[name], most, problems);
  const stored = params['stored'] ?? '';
  if (stored !== '' && !readStored(stored)) problems.push('what it says of the file’s weights (“stored”) cannot be read');
  const train = params['train'] === undefined ? '' : writeTraining(readTraining(params['train'], problems));
  return {
    problems,
    state: {
      model: params['model'] ?? '',
      config: params['config'] ?? '',
      weights: params['weights'] ?? kDefaults.weights,
      stored: readStored(stored) ? stored : '',
      file: readStored(stored) ? (params['file'] ?? '') : '',
      kv: params['kv'] ?? kDefaults.kv,
      context: count('context', kMaxContext),
      batch: count('batch', kMaxBatch),
      device: params['device'] ?? kDefaults.device,
      memory: amount('memory'),
      devices: count('devices', kMaxDevices),
      reserved: amount('reserved'),
      keys: params['keys'] ?? '',
      values: params['values'] ?? '',
      chunk: count('chunk', kMaxContext),
      bandwidth: count('bandwidth', Number.MAX_SAFE_INTEGER),
      flops: count('flops', Number.MAX_SAFE_INTEGER * 1024),
      train,
      pin: params['pin'] ?? '',
      open: [...new Set([...(params['open'] ?? '').split(','), params['section'] ?? ''])].filter(Boolean).join(','),
      section: params['section'] ?? '',
    },
  };
}
