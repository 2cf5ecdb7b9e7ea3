// LaTeX arithmetic as a Python expression: the subset that formulas with their numbers in are written in. Anything else gives
// undefined, and the copy button is not offered.

type Token = { kind: 'number' | 'name' | 'op'; text: string };

function tokenize(latex: string): Token[] | undefined {
  const text = latex
    .replace(/\\(?:left|right|big|Big|bigl|bigr|displaystyle|,|;|!|:|quad|qquad)(?![a-zA-Z])/g, ' ')
    .replace(/\{,\}|\\,/g, '')
    .replace(/~/g, ' ');
  const tokens: Token[] = [];
  const pattern = /\s+|(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|\\(?:mathrm|text|operatorname|mathit)\{([^{}]*)\}|\\([a-zA-Z]+|.)|([a-zA-Z])|([-+*/^_(){}[\]=,|<>])/gy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) return undefined;
    const [, number, word, command, letter, op] = match;
    if (number) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'name', text: word.replace(/[^A-Za-z0-9]+/g, '_') });
    else if (letter) tokens.push({ kind: 'name', text: letter });
    else if (command) tokens.push({ kind: 'op', text: '\\' + command });
    else if (op) tokens.push({ kind: 'op', text: op });
  }
  return tokens;
}

const functions: Record<string, string> = { '\\min': 'min', '\\max': 'max', '\\log': 'math.log', '\\ln': 'math.log', '\\exp': 'math.exp' };
const times = new Set(['\\cdot', '\\times', '*']);

class Parser {
  #at = 0;
  constructor(private readonly tokens: Token[]) {}
  get done(): boolean { return this.#at >= this.tokens.length; }
  #peek(): string { return this.tokens[this.#at]?.text ?? ''; }
  #kind(): Token['kind'] | undefined { return this.tokens[this.#at]?.kind; }
  #take(text: string): void { if (this.#peek() !== text) throw new Error(text); this.#at++; }
  #accept(text: string): boolean { if (this.#peek() !== text || this.#kind() !== 'op') return false; this.#at++; return true; }

  sum(): string {
    let out = this.#accept('-') ? '-' + this.#product() : this.#product();
    for (;;) {
      if (this.#accept('+')) out += ' + ' + this.#product();
      else if (this.#accept('-')) out += ' - ' + this.#product();
      else return out;
    }
  }

  #product(): string {
    let out = this.#power();
    for (;;) {
      if (this.#kind() === 'op' && times.has(this.#peek())) { this.#at++; out += ' * ' + this.#power(); }
      else if (this.#accept('/')) out += ' / ' + this.#power();
      else if (this.#startsFactor()) out += ' * ' + this.#power();
      else return out;
    }
  }

  #startsFactor(): boolean {
    const text = this.#peek();
    return this.#kind() === 'number' || this.#kind() === 'name' || text === '(' || text === '\\frac' || text === '\\tfrac' || text === '\\sqrt' || text === '\\lceil' || text === '\\lfloor' || text in functions;
  }

  #power(): string {
    const base = this.#atom();
    return this.#accept('^') ? `${base}**${this.#group()}` : base;
  }

  #group(): string {
    if (!this.#accept('{')) return this.#atom();
    const inner = this.sum();
    this.#take('}');
    return /^[\w.]+$/.test(inner) ? inner : `(${inner})`;
  }

  #subscript(): string {
    if (!this.#accept('_')) return '';
    if (!this.#accept('{')) return '_' + this.tokens[this.#at++]!.text;
    let out = '_';
    while (this.#peek() !== '}') {
      if (this.done) throw new Error('}');
      out += this.tokens[this.#at++]!.text.replace(/[^A-Za-z0-9]+/g, '_');
    }
    this.#at++;
    return out;
  }

  #atom(): string {
    const token = this.tokens[this.#at++];
    if (!token) throw new Error('end');
    if (token.kind === 'number') return token.text;
    if (token.kind === 'name') return token.text + this.#subscript();
    switch (token.text) {
      case '(': { const inner = this.sum(); this.#take(')'); return `(${inner})`; }
      case '{': { const inner = this.sum(); this.#take('}'); return `(${inner})`; }
      case '\\frac': case '\\tfrac': return `(${this.#group()} / ${this.#group()})`;
      case '\\sqrt': return `math.sqrt(${this.#group()})`;
      case '\\lceil': { const inner = this.sum(); this.#take('\\rceil'); return `math.ceil(${inner})`; }
      case '\\lfloor': { const inner = this.sum(); this.#take('\\rfloor'); return `math.floor(${inner})`; }
    }
    const name = functions[token.text];
    if (name === undefined) throw new Error(token.text);
    if (this.#accept('_')) throw new Error('a limit or base');
    if (!this.#accept('(') && !this.#accept('{')) return `${name}(${this.#power()})`;
    const list = [this.sum()];
    while (this.#accept(',')) list.push(this.sum());
    if (!this.#accept(')')) this.#take('}');
    return `${name}(${list.join(', ')})`;
  }
}

/** "2 \cdot 32 \cdot \frac{34}{32}" -> "2 * 32 * (34 / 32)". A leading "name =" is kept as an assignment. */
export function toPython(latex: string): string | undefined {
  const sides = latex.split('=');
  const tokens = tokenize(sides.at(-1)!);
  if (!tokens || tokens.length === 0) return undefined;
  try {
    const parser = new Parser(tokens);
    const expression = parser.sum();
    return parser.done ? expression : undefined;
  } catch {
    return undefined;
  }
}
