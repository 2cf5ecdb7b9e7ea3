// How much memory Chromium's processes hold, from /proc: the page's own process (its workers are threads of it), and all of them.
import { readFileSync } from 'node:fs';

const figure = (pid, name) => {
  try {
    return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;  // it has ended
  }
};

/** Looks every 50 ms until `stop()`, which gives the peaks in bytes of what is not shared with files: heaps, wasm memories, buffers. */
export async function watchMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  let { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const held = (type) => Math.max(0, ...processInfo.filter((each) => each.type === type).map(({ id }) => figure(id, 'RssAnon') + figure(id, 'RssShmem')));
  const start = { page: held('renderer'), browser: held('browser') };
  const peak = { ...start };
  const look = () => { for (const key of Object.keys(peak)) peak[key] = Math.max(peak[key], held(key === 'page' ? 'renderer' : 'browser')); };
  const timer = setInterval(look, 50);
  const again = setInterval(async () => { ({ processInfo } = await session.send('SystemInfo.getProcessInfo').catch(() => ({ processInfo }))); }, 1000);
  return {
    async stop() {
      clearInterval(timer);
      clearInterval(again);
      look();
      await session.detach();
      return { start, peak };
    },
  };
}
