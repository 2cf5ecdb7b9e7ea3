// Files that were opened on this page, so that a view can put one of their tensors on the lab's bench and the lab still has it
// after a visit to another view. A File is a handle: keeping it costs no memory.
const opened = new Map<string, File>();

/**
 * Makes one tensor of an open file available to the lab, which shows it once the address says so: a link to
 * `writeHash('lab', handOver(file, name))`, or that address pushed, is all that another view needs. An empty name is the first
 * tensor of the file. The newest of two files of one name counts.
 */
export function handOver(file: File, tensorName: string): { tensor: 'file'; file: string; name: string } {
  opened.set(file.name, file);
  return { tensor: 'file', file: file.name, name: tensorName };
}

/** The file of that name, if it was opened since the page was loaded. */
export const handedFile = (name: string): File | undefined => opened.get(name);
