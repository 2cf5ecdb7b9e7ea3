// Devices as presets: hardware.json in the page's terms. Every figure can be edited where it is used.
import type { Device as CoreDevice } from 'bitbudget';
import source from './hardware.json';

export interface Device {
  /** In the address: never renamed. */
  id: string;
  name: string;
  kind: string;
  /** Bytes; more than one when the device is sold with several. */
  memory: number[];
  /** Bytes per second. */
  bandwidth: number;
  /** Dense operations per second, by number type; undefined where the device has none or the figure is unknown. */
  flops: Partial<Record<'fp16' | 'bf16' | 'int8' | 'fp8' | 'fp4', number>>;
  status: string;
  note: string;
}

const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

export const devices: readonly Device[] = source.devices.map((device) => ({
  id: slug(device.name),
  name: device.name,
  kind: device.kind,
  memory: device.memory_bytes.map(Math.round),
  bandwidth: device.memory_bandwidth_bytes_per_s,
  flops: Object.fromEntries(Object.entries(device.dense_tflops).flatMap(([type, tera]) => (typeof tera === 'number' ? [[type, tera * 1e12]] : []))),
  status: device.status,
  note: (device as { note?: string }).note ?? '',
}));

const titles: [RegExp, string][] = [
  [/^nvidia-consumer/, 'NVIDIA GeForce'], [/^nvidia/, 'NVIDIA professional and data centre'], [/^apple/, 'Apple silicon'], [/^amd/, 'AMD'],
  [/^intel/, 'Intel'], [/^tpu/, 'Google'], [/^cpu/, 'Processors with their own memory'],
];
const titleOf = (device: Device): string => titles.find(([pattern]) => pattern.test(device.kind))?.[1] ?? 'Others';

/** For a menu: the devices by maker, each amount of memory as its own entry. */
export const deviceGroups: { title: string; entries: { device: Device; memory: number }[] }[] = [...titles.map(([, title]) => title), 'Others']
  .map((title) => ({
    title,
    entries: devices.filter((device) => titleOf(device) === title).flatMap((device) => device.memory.map((memory) => ({ device, memory }))),
  }))
  .filter((group) => group.entries.length > 0);

/** Stands for an arithmetic peak that nobody knows: so high that memory is always the limit. */
const kUnknownPeak = 2 ** 90;

/** The core's view of so many of a device, with the reader's own figures where there are any. Matrices are multiplied in 16 bits. */
export function rooflineDevice(device: Device, { devices: count, bandwidth, flops }: { devices: number; bandwidth: number; flops: number }): CoreDevice {
  return { bytesPerSecond: bandwidth || device.bandwidth, flopsPerSecond: flops || (device.flops.bf16 ?? device.flops.fp16 ?? kUnknownPeak), count };
}
