// A static file server for build/site, as plain as the hosts the page is made for: node web/server.mjs [PORT]
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

/** The policy under which the page must work; a host need not send it (index.html carries it too). */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; style-src 'self'; " +
  "img-src 'self' blob: data:; font-src 'self'; base-uri 'none'; form-action 'none'";

/** Resolves to the listening server of `directory` (default: the built site); port 0 takes a free one. */
export function serve({ port = 0, directory = fileURLToPath(new URL('../build/site', import.meta.url)), headers = {} } = {}) {
  const files = sirv(directory, {
    etag: true,
    dev: true,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
  });
  const server = createServer((request, response) =>
    files(request, response, () => {
      response.statusCode = 404;
      response.end('Not found');
    }),
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 8080);
  try {
    const server = await serve({ port });
    console.log(`http://127.0.0.1:${server.address().port}/`);
  } catch (error) {
    console.error(error.code === 'EADDRINUSE' ? `error: port ${port} is in use: choose another with --port` : `error: ${error.message}`);
    process.exit(1);
  }
}
