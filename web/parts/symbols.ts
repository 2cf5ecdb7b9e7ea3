// What the letters in formulas stand for.

const meanings: Record<string, string> = {
  B: 'sequences worked on at once', S: 'tokens of context', L: 'layers', d: 'hidden size', a: 'query heads', k: 'key/value heads', h: 'size of one head', f: 'feed-forward width',
  V: 'words in the vocabulary', E: 'experts', K: 'experts used by a token', W: 'tokens in a sliding window', C: 'tokens of a prompt worked on at a time', D: 'devices', P: 'parameters',
  N: 'elements', n: 'elements', r: 'rank of an adapter', t: 'tensor-parallel devices', b: 'bytes of one element', e: 'inner width of a recurrent layer', Q: 'bytes of the quantized matrices', T: 'tokens worked on at a time',
};
const subscripted: Record<string, string> = {
  b_w: 'bytes of one weight', b_a: 'bytes of one cached number', 'b_block': 'bytes of one block', 'n_block': 'elements of one block', h_k: 'size of a key', h_v: 'size of a value', b_k: 'bytes of one number of a key',
  b_v: 'bytes of one number of a value', 'd_ff': 'feed-forward width', f_e: 'width of one expert', N_d: 'data-parallel devices',
};

/** The symbols of a LaTeX formula with what they mean, in the order in which they come; those without a meaning here are left out. */
export function symbolsIn(latex: string): [latex: string, meaning: string][] {
  const found = new Map<string, string>();
  const bare = latex.replace(/\\(?:left|right|frac|cdot|times|min|max|lceil|rceil|lfloor|rfloor|sum|sqrt|log|ln|exp|quad|,|;|!)(?![a-zA-Z])/g, ' ');
  for (const [, text, letter, subscript] of bare.matchAll(/(\\(?:text|mathrm|operatorname)\{[^{}]*\})|([A-Za-z])(?:_(\{(?:[^{}]|\{[^{}]*\})*\}|[A-Za-z0-9]))?/g)) {
    if (text || !letter) continue;
    const plain = subscript?.replace(/\\(?:text|mathrm)/g, '').replace(/[{}\s\\,]/g, '');
    const meaning = (plain && subscripted[`${letter}_${plain}`]) ?? meanings[letter];
    if (!meaning) continue;
    const known = plain && subscripted[`${letter}_${plain}`];
    const symbol = known ? `${letter}_${subscript}` : letter;
    if (!found.has(symbol)) found.set(symbol, meaning);
  }
  return [...found];
}
