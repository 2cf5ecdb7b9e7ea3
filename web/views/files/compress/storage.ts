// For browsers without a dialogue that writes to disk: a file in the browser's own storage (its origin private file system), to
// be saved from there. It needs a page of a server, and in some browsers one that is not private.
import { fileSink, type Sink, type WritableHandle } from './sink.js';

const kFolder = 'bitbudget-output';
/** Whoever holds it is a page that still shows the file. */
const lockOf = (id: string): string => `bitbudget-output/${id}`;

/** A sink whose file stays in the storage after close(), until discard(). */
export interface StorageSink extends Sink { discard(): Promise<void>; }

interface Folder extends FileSystemDirectoryHandle { keys(): AsyncIterable<string>; }

async function folder(): Promise<Folder> {
  return (await (await navigator.storage.getDirectory()).getDirectoryHandle(kFolder, { create: true })) as Folder;
}

/** Bytes that the storage would take; 0: this page has none. */
export async function storageRoom(): Promise<number> {
  try {
    if (!('createWritable' in FileSystemFileHandle.prototype) || !navigator.locks) return 0;
    await removeOrphans(await folder());
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return Math.max(0, quota - usage);
  } catch {
    return 0;
  }
}

/** Of pages that were closed before they could remove theirs. */
async function removeOrphans(place: Folder): Promise<void> {
  const ids: string[] = [];
  for await (const id of place.keys()) ids.push(id);
  for (const id of ids) {
    await navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => { if (lock) await place.removeEntry(id).catch(() => {}); });
  }
}

/** Until the function that it resolves to is called. */
const hold = (lock: string): Promise<() => void> => new Promise((resolve, reject) => {
  navigator.locks.request(lock, () => new Promise<void>((release) => resolve(release))).catch(reject);
});

/** `name`: what errors call the file. */
export async function storageSink(name: string, size: number): Promise<StorageSink> {
  const place = await folder();
  const id = crypto.randomUUID();
  const release = await hold(lockOf(id));
  const handle = (await place.getFileHandle(id, { create: true })) as unknown as WritableHandle;
  const remove = () => place.removeEntry(id).finally(release);
  try {
    const file = await fileSink({ name, createWritable: () => handle.createWritable(), getFile: () => handle.getFile(), remove }, size);
    return {
      ...file,
      close: async () => {
        await file.close();
        return handle.getFile();
      },
      discard: () => remove().catch(() => {}),
    };
  } catch (thrown) {
    release();
    throw thrown;
  }
}
