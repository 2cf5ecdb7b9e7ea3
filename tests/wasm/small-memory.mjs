// A wasm module as it would be on a machine with less memory: the same bytes, but for the most pages in its memory section.

const kPage = 65536;

/** `wasm` with at most `bytes` of memory (rounded down to pages, at least what it starts with). */
export function withMemory(wasm, bytes) {
  const out = Uint8Array.from(wasm);
  let at = 8;
  /** An unsigned LEB128 number, and how long it is. */
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = out[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < out.length) {
    const id = out[at++];
    const end = number() + at;
    if (id !== 5) {
      at = end;
      continue;
    }
    number();  // how many memories: one
    if (number() % 2 !== 1) throw new Error('the memory has no limit');
    const least = number();
    const begin = at;
    number();
    let pages = Math.max(least, Math.floor(bytes / kPage));
    // As many bytes as before: LEB128 may be padded.
    for (let i = begin; i < at; ++i, pages = Math.floor(pages / 128)) out[i] = (pages % 128) | (i + 1 < at ? 128 : 0);
    if (pages > 0) throw new Error('the limit is longer than the one before');
    return out;
  }
  throw new Error('no memory section');
}
