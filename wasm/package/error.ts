// The typed error, and how one crosses from the core as a value.

/** Every refusal. `offset` is a byte position (or an element index) in the input, `field` a path such as "num_hidden_layers". */
export class BitbudgetError extends Error {
  readonly code: string;
  readonly offset?: number;
  readonly field?: string;

  constructor(code: string, message: string, position: { offset?: number; field?: string } = {}) {
    super(message);
    this.name = 'BitbudgetError';
    this.code = code;
    if (position.offset !== undefined) this.offset = position.offset;
    if (position.field !== undefined) this.field = position.field;
  }
}

interface Settled<T> {
  value?: T;
  error?: { code: string; message: string; offset?: number; field?: string };
}

/**
 * The value of what a bound function returned; throws its error. A trap of the wasm module itself (its memory is used up)
 * becomes an out_of_memory error: the instance is then lost, load a new one.
 */
export function unwrap<T>(call: () => unknown): T {
  let settled: Settled<T>;
  try {
    settled = call() as Settled<T>;
  } catch (cause) {
    if (cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError) {
      throw new BitbudgetError('out_of_memory', 'The module ran out of memory: use a smaller input, and load a new instance.');
    }
    throw cause;
  }
  if (settled.error) throw new BitbudgetError(settled.error.code, settled.error.message, settled.error);
  return settled.value as T;
}

/** convert(item) of each, in the list that goes to the module: a long one takes a while, so that whoever waits hears of it (LoadOptions.alive). */
export const listOf = <T, R>(module: object, items: readonly T[], convert: (item: T) => R): R[] => items.map((item) => {
  (module as { alive?: () => void }).alive?.();
  return convert(item);
});

/** Counts cross as double: a safe natural number, or the error that names the argument. */
export function natural(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new BitbudgetError('invalid_argument', `${field} must be a whole number from 0 to 2^53 - 1.`, { field });
}

export function finite(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new BitbudgetError('invalid_argument', `${field} must be a finite number.`, { field });
}

/** The argument itself if it is a typed array of that kind, from whichever realm (an iframe's arrays are no instances of ours). */
export function typed<T extends ArrayBufferView>(value: T, kind: `${'Float32' | 'Float64' | 'Uint8' | 'Uint16' | 'Uint32' | 'Int32'}Array`, field: string): T {
  if (ArrayBuffer.isView(value) && (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag] === kind) return value;
  throw new BitbudgetError('invalid_argument', `${field} must be a ${kind}.`, { field });
}

/** Throws unless it holds: what the core takes for granted is checked here. */
export function require(condition: boolean, field: string, message: string): void {
  if (!condition) throw new BitbudgetError('invalid_argument', message, { field });
}

/** The place of `value` in `list`, or the error that lists what there is. */
export function oneOf<T extends string>(value: T, list: readonly T[], field: string): number {
  const index = list.indexOf(value);
  require(index >= 0, field, `${field} must be one of ${list.join(', ')}.`);
  return index;
}
