// The README's table of formats lists what the registry lists, and its figures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { load } from '../../build/package/index.js';

/** 'a_{b,c}' to ['a_b', 'a_c']. */
function expand(id) {
  const braces = /^(.*?)\{([^}]*)\}(.*)$/.exec(id);
  return braces ? braces[2].split(',').flatMap((part) => expand(braces[1] + part + braces[3])) : [id];
}

test("the README's table of formats is the registry's", async () => {
  const bitbudget = await load();
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const section = readme.split('## Number formats')[1].split('\n## ')[0];
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const listed = new Map();
  for (const row of rows) {
    const [ids, bits] = row.split('|').slice(1);
    const names = [...ids.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
    const figures = bits.trim().split(', ');
    names.forEach((name, i) => {
      const [low, high = low] = (figures[i] ?? figures[0]).split(' to ').map(Number);
      for (const id of expand(name)) listed.set(id, [low, high]);
    });
  }
  const formats = bitbudget.formats();
  assert.deepEqual([...listed.keys()].sort(), formats.map((format) => format.id).sort());
  for (const { id, bitsPerWeight } of formats) {
    const [low, high] = listed.get(id);
    assert.ok(bitsPerWeight >= low - 5e-4 && bitsPerWeight <= high + 5e-4, `${id}: ${bitsPerWeight}`);
  }
});
