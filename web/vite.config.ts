// Two builds share this file: the site (index.html, embed.html and bit-budget.js, with hashed chunks beside them) and,
// with --mode single, bitbudget.html: one file with everything in it, which opens from disk.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';
import { contentSecurityPolicy, coreModule, packedScript, temmlSource, wasmSource } from './plugins.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode, command }) => {
  const single = mode === 'single';
  return {
    root: here('.'),
    base: './',
    appType: 'mpa' as const,
    resolve: { alias: [{ find: /^bitbudget$/, replacement: here('../build/package/index.js') }, { find: /^bitbudget\/theory$/, replacement: here('../build/package/theory/index.js') }] },
    plugins: [
      coreModule(),
      wasmSource('virtual:wasm', 'wasmBytes', here('../build/package/bitbudget.wasm'), single ? 'inline' : 'url'),
      wasmSource('virtual:theory-wasm', 'theoryWasmBytes', here('../build/package/theory/theory.wasm'), single ? 'inline' : 'url'),
      temmlSource(here('node_modules/temml/dist/temml.min.js'), single ? 'inline' : 'url'),
      ...(single ? [viteSingleFile({ removeViteModuleLoader: true, useRecommendedBuildConfig: true }), packedScript()] : []),
      ...(command === 'build' ? [contentSecurityPolicy(single ? 'inline' : 'files')] : []),
    ],
    // Blob workers must be classic scripts: module blob workers fail when the page comes from disk.
    worker: { format: 'iife' as const, plugins: () => [coreModule()] },
    build: {
      outDir: here('../build/site'),
      emptyOutDir: false,
      target: 'es2022',
      assetsInlineLimit: single ? 100_000_000 : 0,
      modulePreload: { polyfill: false, resolveDependencies: () => [] },
      rolldownOptions: single
        ? { input: here('bitbudget.html') }
        : {
            input: { index: here('index.html'), embed: here('embed.html'), 'bit-budget': here('element/bit-budget.ts') },
            preserveEntrySignatures: 'exports-only' as const,
            output: {
              entryFileNames: (chunk: { name: string }) => (chunk.name === 'bit-budget' ? 'bit-budget.js' : 'assets/[name]-[hash].js'),
            },
          },
      chunkSizeWarningLimit: 400,
    },
    define: { __PAGE__: JSON.stringify('../index.html') },
  };
});
