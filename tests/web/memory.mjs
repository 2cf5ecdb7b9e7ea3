// How much memory Chromium's processes hold, from /proc: the page's own process (its workers are threads of it), and the browser's.
import { readdirSync, readFileSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';  // the process has ended
  }
};

/** Processes that this one has started, and those that they have started. */
function descendants() {
  const parents = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => [Number(pid), Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1] ?? 0)]));
  const ours = (pid) => pid === process.pid || (pid > 1 && ours(parents.get(pid) ?? 0));
  return [...parents.keys()].filter((pid) => pid !== process.pid && ours(pid));
}

/** What is not shared with files: heaps, the modules' memories, buffers. */
function held(pid) {
  const status = read(`/proc/${pid}/status`);
  return ['RssAnon', 'RssShmem'].reduce((sum, name) => sum + 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0), 0);
}

function look() {
  const largest = { page: 0, browser: 0 };
  for (const pid of descendants()) {
    const command = read(`/proc/${pid}/cmdline`);
    const type = /--type=([\w-]+)/.exec(command)?.[1];
    if (type === 'renderer') largest.page = Math.max(largest.page, held(pid));
    else if (type === undefined && command.includes('chrom')) largest.browser = Math.max(largest.browser, held(pid));
  }
  return largest;
}

/** Looks ten times a second until `stop()`, which gives bytes: at the start, and the peaks. */
export function watchMemory() {
  const start = look();
  const peak = { ...start };
  const again = () => { for (const [key, bytes] of Object.entries(look())) peak[key] = Math.max(peak[key], bytes); };
  const timer = setInterval(again, 100);
  return {
    stop() {
      clearInterval(timer);
      again();
      return { start, peak };
    },
  };
}
