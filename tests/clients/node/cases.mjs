// The small case runner of the node clients: add cases, run them, print failures and the closing line.
// Needs HOST and PORT in the environment.
import assert from 'node:assert/strict';

export const host = process.env.HOST;
export const port = Number(process.env.PORT);
export const equal = assert.deepStrictEqual;
export const check = assert.ok;

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
  for (const [name, body] of cases) {
    try {
      await body();
      passed += 1;
    } catch (fault) {
      failed += 1;
      console.log(`FAIL  ${library}: ${name}\n      ${String(fault.stack).replaceAll('\n', '\n      ')}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
