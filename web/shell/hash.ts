// The address holds the whole state: #v=1&view=fit&model=llama-3.1-8b&... A link that worked once works for ever.

export type Params = Readonly<Record<string, string>>;
export interface Route {
  view: string;
  params: Params;
  /** What could not be read, in words for the reader; empty for a good link. */
  problems: string[];
}

export const kVersion = 1;

/** migrations[v] turns the parameters of version v into those of v + 1. Never edit an entry that has been released. */
const migrations: Record<number, (params: Record<string, string>) => Record<string, string>> = {};

export function readHash(hash: string, views: readonly string[]): Route {
  const problems: string[] = [];
  const fallback = views[0] ?? '';
  const text = hash.replace(/^#/, '');
  if (text === '') return { view: fallback, params: {}, problems };

  let params: Record<string, string> = {};
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    if (equals < 0) {
      problems.push(`“${part}” has no value`);
      continue;
    }
    try {
      const name = decodeURIComponent(key);
      if (name in params) problems.push(`“${name}” is given twice; the first one counts`);
      else params[name] = decodeURIComponent(part.slice(equals + 1).replace(/\+/g, ' '));
    } catch {
      problems.push(`“${key}” is cut off or garbled`);
    }
  }

  const version = params['v'] === undefined ? kVersion : Number(params['v']);
  if (!Number.isInteger(version) || version < 1) problems.push(`version “${params['v']}” is not a number`);
  else if (version > kVersion) problems.push(`it was made by a newer bitbudget (version ${version}; this page reads up to ${kVersion})`);
  else for (let v = version; v < kVersion; v++) params = migrations[v]?.(params) ?? params;

  let view = params['view'] ?? fallback;
  if (!views.includes(view)) {
    problems.push(`there is no view “${view}”`);
    view = fallback;
  }
  delete params['v'];
  delete params['view'];
  return { view, params, problems };
}

export function writeHash(view: string, params: Params): string {
  const pairs = Object.entries(params).filter(([, value]) => value !== '');
  // These characters are legal in a fragment and keep links readable.
  const encode = (text: string) => encodeURIComponent(text).replace(/%(?:3A|2C|2F|40)/g, decodeURIComponent);
  return '#' + [['v', String(kVersion)], ['view', view], ...pairs].map(([k, v]) => `${encode(k!)}=${encode(v!)}`).join('&');
}
