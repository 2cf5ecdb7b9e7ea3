// Number formats by where one meets them, for menus and tables. Formats that fit no group come last.
import type { WeightChoice } from '../views/fit/tasks.js';

const groups: readonly [RegExp, string][] = [
  [/^(f32|f16|bf16)$/, 'Floating point'],
  [/^(q\d|iq\d|tq\d)/, 'llama.cpp'],
  [/^(nf4|fp4)/, 'bitsandbytes'],
  [/^(mx|nvfp)/, 'Microscaling'],
  [/^f8/, 'FP8'],
  [/^int/, 'Integers with scales'],
  [/^hqq/, 'HQQ'],
];

/** llama.cpp's mixtures come early: they are what people download. */
export function weightGroups(choices: readonly WeightChoice[]): { title: string; choices: WeightChoice[] }[] {
  const titleOf = (choice: WeightChoice) => (choice.mixture ? kMixtures : groups.find(([pattern]) => pattern.test(choice.id))?.[1] ?? 'Others');
  return [groups[0]![1], kMixtures, ...groups.slice(1).map(([, title]) => title), 'Others']
    .map((title) => ({ title, choices: choices.filter((choice) => titleOf(choice) === title) }))
    .filter((group) => group.choices.length > 0);
}
const kMixtures = 'llama.cpp mixtures';

/** One or two of each kind, for those who do not want the whole list. */
export const commonFormats = new Set(['f32', 'f16', 'bf16', 'q8_0', 'q6_k', 'q5_k', 'q4_k', 'q4_0', 'q3_k', 'q2_k', 'iq4_nl', 'nf4', 'nf4_dq', 'mxfp4', 'nvfp4', 'f8_e4m3', 'int8_sym_row', 'int4_asym_g128', 'int4_sym_g32', 'hqq4_g64',
  'q4_k_m', 'q5_k_m', 'q3_k_m']);
