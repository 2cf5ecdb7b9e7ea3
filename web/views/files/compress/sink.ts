// Where the new file goes: to disk as it is made, where the browser can do that, or into a Blob that is saved at the end.
import { CoreError } from '../../../worker/core.js';

export interface Sink {
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** After this the file is whole; a Blob is what is left to save. */
  close(): Promise<Blob | undefined>;
  /** Nothing that looks like a file stays behind. */
  abort(): Promise<void>;
}

/** What is kept in memory until it is saved, at most: with workers and chunks the page and the browser stay below 512 MB together. */
export const kBlobLimit = 192 * 2 ** 20;

interface Writable { write(chunk: { type: 'write'; position: number; data: Uint8Array }): Promise<void>; truncate(size: number): Promise<void>; close(): Promise<void>; abort(): Promise<void>; }
export interface WritableHandle { readonly name: string; createWritable(): Promise<Writable>; getFile(): Promise<File>; remove?(): Promise<void>; }

type Picker = (options: { suggestedName: string; types: { description: string; accept: Record<string, string[]> }[] }) => Promise<WritableHandle>;
const picker = (): Picker | undefined => (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker;

export const writesToDisk = (): boolean => picker() !== undefined;

/** Asks where to put the file; undefined: the reader thought better of it. Throws where the page may not ask (in a frame of another site). */
export async function chooseFile(suggestedName: string): Promise<WritableHandle | undefined> {
  const extension = `.${suggestedName.split('.').at(-1)}`;
  try {
    return await picker()!.call(globalThis, { suggestedName, types: [{ description: extension === '.gguf' ? 'GGUF' : 'safetensors', accept: { 'application/octet-stream': [extension] } }] });
  } catch (thrown) {
    if ((thrown as DOMException).name === 'AbortError') return undefined;
    throw thrown;
  }
}

function writeError(thrown: unknown, name: string, size: number): CoreError {
  const full = (thrown as DOMException).name === 'QuotaExceededError';
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new CoreError({
    name: 'WriteError', code: 'write_failed', field: name,
    message: full ? `The disk is full: ${name} needs ${size} bytes. Nothing was kept. Make room or choose another disk, then start again.`
      : `${name} could not be written (${why.replace(/\.$/, '')}). Nothing was kept. Choose another place, then start again.`,
  });
}

/** The browser writes beside the file and puts all of it in place at the end: until then an existing file stays as it was. */
export async function fileSink(handle: WritableHandle, size: number): Promise<Sink> {
  const { name } = handle;
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      throw writeError(thrown, name, size);
    }
  };
  // Choosing a new name has made an empty file of it already.
  const fresh = (await told(handle.getFile())).size === 0;
  const removeFresh = async () => { if (fresh) await handle.remove?.().catch(() => {}); };
  let writable: Writable;
  try {
    writable = await told(handle.createWritable());
    await told(writable.truncate(size));
  } catch (thrown) {
    await removeFresh();
    throw thrown;
  }
  return {
    write: (position, data) => told(writable.write({ type: 'write', position, data })),
    close: async () => { await told(writable.close()); return undefined; },
    abort: async () => {
      await writable.abort().catch(() => {});
      await removeFresh();
    },
  };
}

export function blobSink(size: number): Sink {
  let pieces: { position: number; blob: Blob }[] = [];
  return {
    // A Blob of its own for each: browsers keep those apart from the page's memory, on disk if they like.
    write: async (position, bytes) => { pieces.push({ position, blob: new Blob([bytes as Uint8Array<ArrayBuffer>]) }); },
    close: async () => {
      const parts: BlobPart[] = [];
      let end = 0;
      for (const { position, blob } of pieces.sort((a, b) => a.position - b.position)) {
        if (position > end) parts.push(new Uint8Array(position - end));
        parts.push(blob);
        end = position + blob.size;
      }
      if (size > end) parts.push(new Uint8Array(size - end));
      pieces = [];
      return new Blob(parts, { type: 'application/octet-stream' });
    },
    abort: async () => { pieces = []; },
  };
}
