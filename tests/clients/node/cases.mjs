// The small case runner of the node clients: add cases, run them, print failures and the closing line.
// Needs HOST and PORT in the environment.
import assert from 'node:assert/strict';

export const host = process.env.HOST;
export const port = Number(process.env.PORT);
export const equal = assert.deepStrictEqual;
export const check = assert.ok;

// Thrown by a case that cannot run here; the text is the reason.
export class Skip extends Error {}

// Skips where the subject is another server: the case concerns what only cachetted has.
export function needDaemon() {
  if ((process.env.SUBJECT ?? 'daemon') !== 'daemon') throw new Skip('only for cachetted');
}

const cases = [];

export function add(name, body) {
  cases.push([name, body]);
}

export async function rejects(promise, pattern) {
  await assert.rejects(promise, pattern);
}

// Clients of a major version that this node cannot run are left out.
export function versions(newest, older) {
  return Number(process.versions.node.split('.')[0]) >= 20 ? [newest, older] : [older];
}

export async function run(library) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const [name, body] of cases) {
    try {
      await body();
      passed += 1;
    } catch (fault) {
      if (fault instanceof Skip) {
        skipped += 1;
        console.log(`SKIP  ${name}: ${fault.message}`);
        continue;
      }
      failed += 1;
      console.log(`FAIL  ${library}: ${name}\n      ${String(fault.stack).replaceAll('\n', '\n      ')}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  process.exit(failed ? 1 : 0);
}
