// The page's TypeScript modules, for tests of their text and arithmetic without a browser.
import { fileURLToPath } from 'node:url';
import { createServer } from '../../web/node_modules/vite/dist/node/index.js';

export const sources = () => createServer({
  root: fileURLToPath(new URL('../../web', import.meta.url)), configFile: false, server: { middlewareMode: true, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true }, logLevel: 'error',
});
