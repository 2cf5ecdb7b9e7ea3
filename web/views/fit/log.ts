// What llama.cpp and vLLM say about memory when they start, read from their log lines.

export interface LogReading {
  engine: 'llama.cpp' | 'vLLM';
  /** Bytes, or a count, as reported; sums over devices. */
  weights?: number;
  parameters?: number;
  kvCache?: number;
  /** Tokens that the cache was made for: context x sequences in llama.cpp; what vLLM had room for. */
  tokens?: number;
  compute?: number;
  bitsPerWeight?: number;
}

const units: Record<string, number> = { B: 1, KiB: 1024, MiB: 2 ** 20, GiB: 2 ** 30, MB: 2 ** 20, GB: 2 ** 30, K: 1e3, M: 1e6, T: 1e12 };

/** All sizes that a pattern (number, unit) finds, added up; undefined if it finds none. */
function sum(log: string, pattern: RegExp, billions = false): number | undefined {
  let total: number | undefined;
  for (const [, amount, unit] of log.matchAll(pattern)) {
    const scale = billions && unit === 'B' ? 1e9 : units[unit!] ?? 1;
    total = (total ?? 0) + (scale > 1 ? Math.round(Number(amount!.replaceAll(',', '')) * scale) : Number(amount!.replaceAll(',', '')));
  }
  return total;
}

const plus = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : a + (b ?? 0));

const last = (log: string, pattern: RegExp): number | undefined => {
  const found = [...log.matchAll(pattern)].at(-1)?.[1];
  return found === undefined ? undefined : Number(found.replaceAll(',', ''));
};

/** undefined: nothing in the text is known. */
export function readLog(log: string): LogReading | undefined {
  const llama = readLlamaCpp(log);
  if (llama) return llama;
  return readVllm(log);
}

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };

function readLlamaCpp(log: string): LogReading | undefined {
  const buffers = sum(log, /(?:load_tensors|llm_load_tensors):\s+\S+\s+(?:model )?buffer size\s*=\s*([\d.]+) (MiB|GiB|KiB)/g);
  // Mamba's and Jamba's states are held apart from the cache of attention.
  const recurrent = sum(log, /RS buffer size\s*=\s*([\d.]+) (MiB|GiB|KiB)/g);
  const fields = {
    // "model size" is the file's; buffers are what was placed on devices, which a mapped file may count twice.
    weights: sum(log, /(?:file size|model size)\s*=\s*([\d.]+) (GiB|MiB|KiB)/g) ?? buffers,
    parameters: sum(log, /model params\s*=\s*([\d.]+) (B|M|K|T)\b/g, true),
    bitsPerWeight: last(log, /\(([\d.]+) BPW\)/g),
    kvCache: plus(recurrent, sum(log, /KV self size\s*=\s*([\d.]+) (MiB|GiB|KiB)/g) ?? sum(log, /KV buffer size\s*=\s*([\d.]+) (MiB|GiB|KiB)/g)),
    compute: sum(log, /compute buffer size\s*=\s*([\d.]+) (MiB|GiB|KiB)/g),
    tokens: last(log, /\bn_ctx\s*=\s*(\d+)/g),
  };
  return fields.weights === undefined && fields.kvCache === undefined && fields.compute === undefined ? undefined : { engine: 'llama.cpp', ...defined(fields) };
}

function readVllm(log: string): LogReading | undefined {
  const fields = {
    weights: sum(log, /(?:Model loading took|Loading model weights took|model weights take)\s*([\d.]+)\s?(GiB|GB)/g),
    kvCache: sum(log, /(?:Available KV cache memory:|reserved for KV Cache is)\s*([\d.]+)\s?(GiB|GB)/g),
    tokens: last(log, /GPU KV cache size: ([\d,]+) tokens/g) ?? blocks(log),
    compute: sum(log, /PyTorch activation peak memory takes\s*([\d.]+)\s?(GiB|GB)/g),
  };
  return fields.weights === undefined && fields.kvCache === undefined && fields.tokens === undefined ? undefined : { engine: 'vLLM', ...defined(fields) };
}

/** Older versions count blocks of 16 tokens. */
function blocks(log: string): number | undefined {
  const count = last(log, /# (?:GPU|cuda) blocks: (\d+)/g);
  return count === undefined ? undefined : count * 16;
}
