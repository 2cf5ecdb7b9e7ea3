// What is open, for as long as the page is: a visit to another view does not close it. Files are handles and cost no memory.
import { run } from '../../worker/core.js';
import { openCheckpoint, type Checkpoint, type OpenOptions, type RefusedFile } from './checkpoint.js';

export const session: {
  /** The reader's own files. */
  own: Checkpoint | undefined;
  /** Of the latest drop: what was wrong, and what was left aside. */
  refused: RefusedFile[];
  aside: File[];
  sample: Checkpoint | undefined;
} = { own: undefined, refused: [], aside: [], sample: undefined };

export async function openSample(options: Pick<OpenOptions, 'signal' | 'onProgress'>): Promise<Checkpoint> {
  if (session.sample) return session.sample;
  const made = await run('files.makeSample', null, options);
  const { checkpoint } = await openCheckpoint(made.map(({ name, parts }) => new File(parts, name, { lastModified: 0 })), options);
  return (session.sample = checkpoint!);
}
