// npm run build: the site, then the one-file page, into ../build/site.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));
rmSync(new URL('../build/site', import.meta.url), { recursive: true, force: true });
for (const mode of ['production', 'single']) await build({ configFile, mode, logLevel: 'warn' });
