import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { claims } from './cases/claims.ts';
import { connections } from './cases/connections.ts';
import { floodCase } from './cases/flood.ts';
import { hostileRequests } from './cases/hostile-requests.ts';
import { accept, start, validate } from './cases/latency.ts';
import { memory } from './cases/memory.ts';
import { overhead } from './cases/overhead.ts';
import { reconcile } from './cases/reconcile.ts';
import { sandbox } from './cases/sandbox.ts';
import { startup } from './cases/startup.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import type { CaseOptions, CaseResult } from './lib/result.ts';
import { runWell } from './lib/run.ts';
import { formatTable } from './lib/table.ts';

const CASES: Record<string, (options: CaseOptions) => Promise<CaseResult>> = {
  startup,
  memory,
  accept,
  validate,
  start,
  overhead,
  sandbox,
  flood: floodCase,
  'hostile-requests': hostileRequests,
  claims,
  reconcile,
  connections,
};
const MAX_PAIRS = 100;

const USAGE = `npm run bench -- [--case NAME]... [--pairs N] [--json FILE]

  --case   one of ${Object.keys(CASES).join(', ')}; all by default
  --pairs  pairs of the 60 s comparison, 5 by default (1 to ${MAX_PAIRS})
  --json   also write everything that was measured to FILE
`;

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${USAGE}`);
    return 64;
  }
  const machine = await describeMachine();
  process.stdout.write(`${machineLine(machine)}\n`);
  // Builds what has changed, so that no case measures a build.
  await runWell(join(import.meta.dirname, '..', 'airlock'), ['--version']);

  const results: Record<string, CaseResult> = {};
  for (const name of options.cases) {
    const progress = (text: string) => showProgress(`${name}: ${text}`);
    results[name] = await CASES[name]!({ pairs: options.pairs, progress });
  }
  showProgress('');
  process.stdout.write(`${formatTable(Object.values(results).flatMap((result) => result.rows))}\n`);
  const notes = new Set(Object.values(results).flatMap((result) => result.notes ?? []));
  for (const note of notes) process.stdout.write(`note: ${note}\n`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  return 0;
}

function readOptions(): { cases: string[]; pairs: number; json: string | undefined } | string {
  try {
    const { values } = parseArgs({
      options: { case: { type: 'string', multiple: true }, pairs: { type: 'string' }, json: { type: 'string' } },
    });
    const cases = values.case ?? Object.keys(CASES);
    const unknown = cases.find((name) => !Object.hasOwn(CASES, name));
    if (unknown !== undefined) return `There is no case ${unknown}.`;
    const pairs = Number(values.pairs ?? 5);
    if (!Number.isInteger(pairs) || pairs < 1 || pairs > MAX_PAIRS)
      return `--pairs is a whole number from 1 to ${MAX_PAIRS}.`;
    return { cases, pairs, json: values.json };
  } catch (error) {
    return (error as Error).message;
  }
}

/** A status line that overwrites itself; nothing if standard error is not a terminal. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text.slice(0, process.stderr.columns - 1)}`);
}

// Missed targets are reported, not failed: the machine may be busy. A wrong output throws.
process.exitCode = await main();
