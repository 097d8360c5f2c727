import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accepts } from './cases/accepts.ts';
import { beside } from './cases/beside.ts';
import { budget } from './cases/budget.ts';
import { cancel } from './cases/cancel.ts';
import { chunks } from './cases/chunks.ts';
import { claims } from './cases/claims.ts';
import { client } from './cases/client.ts';
import { connections } from './cases/connections.ts';
import { copy } from './cases/copy.ts';
import { edits, long } from './cases/edits.ts';
import { events } from './cases/events.ts';
import { floodCase } from './cases/flood.ts';
import { hostileRequests } from './cases/hostile-requests.ts';
import { ladder } from './cases/ladder.ts';
import { accept, confirm, start, validate } from './cases/latency.ts';
import { memory } from './cases/memory.ts';
import { overhead } from './cases/overhead.ts';
import { pages } from './cases/pages.ts';
import { passing } from './cases/passing.ts';
import { peer } from './cases/peer.ts';
import { presets } from './cases/presets.ts';
import { queries } from './cases/queries.ts';
import { queue } from './cases/queue.ts';
import { rate } from './cases/rate.ts';
import { reconcile } from './cases/reconcile.ts';
import { interleaved, poster, throttled } from './cases/remote.ts';
import { sandbox } from './cases/sandbox.ts';
import { startup } from './cases/startup.ts';
import { stored } from './cases/stored.ts';
import { streams } from './cases/streams.ts';
import { describeMachine, machineLine } from './lib/machine.ts';
import type { CaseOptions, CaseResult } from './lib/result.ts';
import { runWell } from './lib/run.ts';
import { formatTable } from './lib/table.ts';

const CASES: Record<string, (options: CaseOptions) => Promise<CaseResult>> = {
  startup,
  memory,
  accept,
  accepts,
  rate,
  pages,
  validate,
  confirm,
  start,
  overhead,
  client,
  presets,
  copy,
  budget,
  throttled,
  poster,
  interleaved,
  sandbox,
  flood: floodCase,
  'hostile-requests': hostileRequests,
  claims,
  queries,
  queue,
  reconcile,
  connections,
  beside,
  chunks,
  edits,
  ladder,
  long,
  stored,
  streams,
  events,
  cancel,
  passing,
  peer,
};
const MAX_PAIRS = 100;

const USAGE = `./airlock bench [--case NAME]... [--pairs N] [--json]

  --case   one of ${Object.keys(CASES).join(', ')}; all by default
  --pairs  pairs of the 60 s comparison, 5 by default (1 to ${MAX_PAIRS})
  --peer   address of another service with this API, for the case peer; its key is in AIRLOCK_BENCH_PEER_KEY
  --json   print everything that was measured, and the machine, as JSON instead of the table
`;

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    const asked = options === '';
    (asked ? process.stdout : process.stderr).write(asked ? USAGE : `${options}\n\n${USAGE}`);
    return asked ? 0 : 2;
  }
  const machine = await describeMachine();
  if (!options.json) process.stdout.write(`${machineLine(machine)}\n`);
  // Builds what has changed, so that no case measures a build.
  await runWell(join(import.meta.dirname, '..', 'airlock'), ['--version']);

  const results: Record<string, CaseResult> = {};
  for (const name of options.cases) {
    const progress = (text: string) => showProgress(`${name}: ${text}`);
    const { pairs, peer } = options;
    results[name] = await CASES[name]!({ pairs, peer, progress });
  }
  showProgress('');
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  else showResults(Object.values(results));
  return 0;
}

function showResults(results: CaseResult[]): void {
  process.stdout.write(`${formatTable(results.flatMap(({ rows }) => rows))}\n`);
  for (const note of new Set(results.flatMap(({ notes }) => notes ?? []))) process.stdout.write(`note: ${note}\n`);
}

function readOptions(): { cases: string[]; pairs: number; peer: string | null; json: boolean } | string {
  try {
    const { values } = parseArgs({
      options: {
        case: { type: 'string', multiple: true },
        pairs: { type: 'string' },
        peer: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return '';
    const all = Object.keys(CASES).filter((name) => name !== 'peer' || values.peer !== undefined);
    const cases = values.case ?? all;
    const unknown = cases.find((name) => !Object.hasOwn(CASES, name));
    if (unknown !== undefined) return `There is no case ${unknown}.`;
    const pairs = Number(values.pairs ?? 5);
    if (!Number.isInteger(pairs) || pairs < 1 || pairs > MAX_PAIRS)
      return `--pairs is a whole number from 1 to ${MAX_PAIRS}.`;
    if (cases.includes('peer') && !URL.canParse(values.peer ?? '')) return 'The case peer needs --peer URL.';
    return { cases, pairs, peer: values.peer ?? null, json: values.json ?? false };
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
