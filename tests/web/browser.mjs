// What the page's tests share: the built site served under the strict policy, a browser, and a page that notes what must not happen.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { contentSecurityPolicy, serve } from '../../web/server.mjs';

export const site = fileURLToPath(new URL('../../build/site', import.meta.url));
export const onePage = pathToFileURL(`${site}/bitbudget.html`).href;

export function executable() {
  const found = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
  if (!found) throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM');
  return found;
}

export const launchArguments = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

export const launch = () => chromium.launch({ executablePath: executable(), args: launchArguments });

/** The site over http with the policy in a header too, as the strictest host would send it, and open to pages of other origins. */
export async function start(directory = site) {
  const server = await serve({ directory, headers: { 'Content-Security-Policy': contentSecurityPolicy, 'Access-Control-Allow-Origin': '*' } });
  return { address: `http://127.0.0.1:${server.address().port}/`, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** A fresh page; `troubles` collects console errors, uncaught exceptions and requests that left the origin. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on('console', (message) => message.type() === 'error' && troubles.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => troubles.push(`exception: ${error}`));
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (/^(https?|wss?):$/.test(target.protocol) && target.origin !== new URL(url).origin) troubles.push(`left the origin: ${request.url()}`);
    if (target.protocol === 'file:' && request.url().split('#')[0] !== url.split('#')[0]) troubles.push(`asked for another file: ${request.url()}`);
  });
  await page.goto(url);
  return { page, troubles, close: () => context.close() };
}
