// "*.mlp.down_proj.weight = q6_k": formats by tensor name, a line each. `*` is any text, `?` any one sign; between slashes
// stands a regular expression. Later lines win.
export interface Rule { matches: (name: string) => boolean; target: string; line: number; }
export interface PatternProblem { line: number; message: string; }
export interface Patterns { rules: Rule[]; problems: PatternProblem[]; }

/** `keep` leaves a tensor as it is. */
export const kKeep = 'keep';

const escaped = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');
const ofGlob = (glob: string): RegExp => new RegExp(`^${escaped(glob).replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u');

function read(pattern: string): RegExp {
  const written = /^\/(.*)\/$/.exec(pattern);
  return written ? new RegExp(written[1]!, 'u') : ofGlob(pattern);
}

/** `targets`: the ids that may stand behind the sign. */
export function readPatterns(text: string, targets: ReadonlySet<string>): Patterns {
  const rules: Rule[] = [];
  const problems: PatternProblem[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const line = at + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    // A regular expression may hold the sign too: the last one counts.
    const sign = content.lastIndexOf('=');
    const [pattern, target] = sign < 0 ? [content, ''] : [content.slice(0, sign).trim(), content.slice(sign + 1).trim().toLowerCase()];
    if (sign < 0 || pattern === '') problems.push({ line, message: 'write a name or pattern, “=”, and a format: *.down_proj.weight = q6_k' });
    else if (target !== kKeep && !targets.has(target)) problems.push({ line, message: `there is no format “${target}” for this kind of file` });
    else {
      try {
        const expression = read(pattern);
        rules.push({ matches: (name) => expression.test(name), target, line });
      } catch {
        problems.push({ line, message: `“${pattern}” is no regular expression` });
      }
    }
  }
  return { rules, problems };
}
