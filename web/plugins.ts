// What the build does beyond Vite: where the wasm bytes come from, an Emscripten module that a classic worker can hold, the
// packing of the one-file page, and the Content-Security-Policy of each page.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** The virtual `module` exports `name`(): a .wasm file's bytes, fetched from beside the page ('url'), or inflated from the script itself ('inline'). */
export function wasmSource(module: string, name: string, file: string, how: 'url' | 'inline'): Plugin {
  const id = `\0${module}`;
  return {
    name: `bitbudget:${module}`,
    resolveId: (source) => (source === module ? id : null),
    load(loaded) {
      if (loaded !== id) return null;
      if (how === 'url')
        return `import url from ${JSON.stringify(file + '?url')};
          export async function ${name}() {
            const response = await fetch(new URL(url, import.meta.url));
            if (!response.ok) throw new Error('The calculating core (' + url + ') could not be loaded: HTTP ' + response.status);
            return response.arrayBuffer();
          }`;
      const packed = deflateRawSync(readFileSync(file), { level: 9 }).toString('base64');
      return `const packed = ${JSON.stringify(packed)};
        export async function ${name}() {
          const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(packed) : Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
          return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer();
        }`;
    },
  };
}

/**
 * `virtual:temml` exports loadTemml(): a chunk of its own, or, in the one-file page, packed text that becomes a module when the
 * first formula opens: a fifth of the file otherwise.
 */
export function temmlSource(file: string, how: 'url' | 'inline'): Plugin {
  const id = '\0temml-source';
  return {
    name: 'bitbudget:temml-source',
    resolveId: (source) => (source === 'virtual:temml' ? id : null),
    load(loaded) {
      if (loaded !== id) return null;
      if (how === 'url') return `export const loadTemml = async () => (await import('temml')).default;`;
      const packed = deflateRawSync(readFileSync(file, 'utf8') + '\nexport default temml;', { level: 9 }).toString('base64');
      return `const packed = ${JSON.stringify(packed)};
        export async function loadTemml() {
          const text = await new Response(new Blob([Uint8Array.from(atob(packed), (c) => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
          const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
          try { return (await import(/* @vite-ignore */ url)).default; } finally { URL.revokeObjectURL(url); }
        }`;
    },
  };
}

/** The worker hands the module its bytes, so its own way of finding the .wasm (import.meta.url) and of running in Node go. */
export function coreModule(): Plugin {
  return {
    name: 'bitbudget:core-module',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/(bitbudget|theory)\.mjs$/.test(id.split('?')[0]!)) return null;
      return code
        .replace(/new URL\(["'](bitbudget|theory)\.wasm["'],\s*import\.meta\.url\)\.href/g, '"$1.wasm"')
        .replace(/await import\(["'](node:)?module["']\)/g, '{}')
        .replace(/import\.meta\.url/g, 'self.location.href');
    },
  };
}

/**
 * The one-file page holds its script packed, and unpacks it into a module as it opens: a third less to carry. Those that come
 * packed already (the wasm, the formulas' converter) take nothing more.
 */
export function packedScript(): Plugin {
  return {
    name: 'bitbudget:packed-script',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const asset of Object.values(bundle)) {
          if (asset.type !== 'asset' || !asset.fileName.endsWith('.html')) continue;
          asset.source = String(asset.source).replace(/(<script type="module"[^>]*>)([\s\S]*?)<\/script>/, (_, tag: string, script: string) => `${tag}
const packed = '${deflateRawSync(script, { level: 9 }).toString('base64')}';
const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(packed) : Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
await import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
</script>`);
        }
      },
    },
  };
}

const common = ["default-src 'none'", "img-src 'self' blob: data:", "font-src 'self' data:", "base-uri 'none'", "form-action 'none'"];

/**
 * files: scripts and styles from the page's own origin only, connections to it only.
 * inline: exactly the scripts and styles in the file, by hash, and no connection at all.
 */
export function contentSecurityPolicy(how: 'files' | 'inline'): Plugin {
  const hashes = (html: string, tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))]
      .map((match) => `'sha256-${createHash('sha256').update(match[1]!).digest('base64')}'`)
      .join(' ');
  return {
    name: 'bitbudget:csp',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const asset of Object.values(bundle)) {
          if (asset.type !== 'asset' || !asset.fileName.endsWith('.html')) continue;
          const html = String(asset.source);
          const policy =
            how === 'files'
              ? [...common, "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "worker-src 'self' blob:", "connect-src 'self'"]
              : [...common, `script-src ${hashes(html, 'script')} 'wasm-unsafe-eval' blob:`, `style-src ${hashes(html, 'style') || "'none'"}`, 'worker-src blob:', "connect-src 'none'"];
          asset.source = html.replace('<meta name="csp">', `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`);
        }
      },
    },
  };
}
