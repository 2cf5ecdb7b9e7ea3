// Takes the README's picture: node tests/web/screenshot.mjs (after web/serve --build-only)
import { fileURLToPath } from 'node:url';
import { launch, open, start } from './browser.mjs';

const host = await start();
const browser = await launch();
const { page } = await open(browser, host.address, { viewport: { width: 1200, height: 780 }, colorScheme: 'light' });
await page.locator('h1.answer').filter({ hasText: 'Fits' }).waitFor();
await page.screenshot({ path: fileURLToPath(new URL('screenshot.png', import.meta.url)) });
await browser.close();
await host.stop();
