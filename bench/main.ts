import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { currentCommit } from './lib/commit.ts';
import { describeMachine, type Machine, machineLine } from './lib/machine.ts';
import { recordCase } from './lib/record.ts';
import type { CaseOptions, CaseResult } from './lib/result.ts';
import { runWell } from './lib/run.ts';
import { formatTable } from './lib/table.ts';

type Case = (options: CaseOptions) => Promise<CaseResult>;
/** The cases by name. Each case loads its code when it runs, so that help and single cases start quickly. */
const CASES: Record<string, () => Promise<Case>> = {
  startup: async () => (await import('./cases/startup.ts')).startup,
  memory: async () => (await import('./cases/memory.ts')).memory,
  accept: async () => (await import('./cases/latency.ts')).accept,
  accepts: async () => (await import('./cases/accepts.ts')).accepts,
  rate: async () => (await import('./cases/rate.ts')).rate,
  pages: async () => (await import('./cases/pages.ts')).pages,
  validate: async () => (await import('./cases/latency.ts')).validate,
  confirm: async () => (await import('./cases/latency.ts')).confirm,
  start: async () => (await import('./cases/latency.ts')).start,
  overhead: async () => (await import('./cases/overhead.ts')).overhead,
  client: async () => (await import('./cases/client.ts')).client,
  recommended: async () => (await import('./cases/recommended.ts')).recommended,
  presets: async () => (await import('./cases/presets.ts')).presets,
  copy: async () => (await import('./cases/copy.ts')).copy,
  budget: async () => (await import('./cases/budget.ts')).budget,
  throttled: async () => (await import('./cases/remote.ts')).throttled,
  arriving: async () => (await import('./cases/arriving.ts')).arriving,
  poster: async () => (await import('./cases/remote.ts')).poster,
  interleaved: async () => (await import('./cases/remote.ts')).interleaved,
  sandbox: async () => (await import('./cases/sandbox.ts')).sandbox,
  flood: async () => (await import('./cases/flood.ts')).floodCase,
  'hostile-requests': async () => (await import('./cases/hostile-requests.ts')).hostileRequests,
  claims: async () => (await import('./cases/claims.ts')).claims,
  queries: async () => (await import('./cases/queries.ts')).queries,
  fleet: async () => (await import('./cases/fleet.ts')).fleet,
  growth: async () => (await import('./cases/growth.ts')).growth,
  queue: async () => (await import('./cases/queue.ts')).queue,
  reconcile: async () => (await import('./cases/reconcile.ts')).reconcile,
  deletion: async () => (await import('./cases/deletion.ts')).deletion,
  connections: async () => (await import('./cases/connections.ts')).connections,
  pools: async () => (await import('./cases/pools.ts')).pools,
  routes: async () => (await import('./cases/routes.ts')).routes,
  beside: async () => (await import('./cases/beside.ts')).beside,
  chunks: async () => (await import('./cases/chunks.ts')).chunks,
  edits: async () => (await import('./cases/edits.ts')).edits,
  'ladder-chunks': async () => (await import('./cases/chunks.ts')).ladderChunks,
  ladder: async () => (await import('./cases/ladder.ts')).ladder,
  targets: async () => (await import('./cases/targets.ts')).targets,
  stills: async () => (await import('./cases/stills.ts')).stills,
  viewers: async () => (await import('./cases/viewers.ts')).viewers,
  producers: async () => (await import('./cases/producers.ts')).producers,
  long: async () => (await import('./cases/edits.ts')).long,
  documents: async () => (await import('./cases/documents.ts')).documents,
  stalled: async () => (await import('./cases/stalled.ts')).stalled,
  stored: async () => (await import('./cases/stored.ts')).stored,
  streams: async () => (await import('./cases/streams.ts')).streams,
  events: async () => (await import('./cases/events.ts')).events,
  cancel: async () => (await import('./cases/cancel.ts')).cancel,
  passing: async () => (await import('./cases/passing.ts')).passing,
  transcribe: async () => (await import('./cases/transcribe.ts')).transcribe,
  'transcribe:pieces': async () => (await import('./cases/transcribe.ts')).transcribePieces,
  peer: async () => (await import('./cases/peer.ts')).peer,
};
const MAX_PAIRS = 100;
const MAX_GAP_SECONDS = 600;

const USAGE = `./airlock bench [--case NAME]... [--pairs N] [--cold] [--gap SECONDS] [--only WORDS] [--json] [--record]

  --case   one of ${Object.keys(CASES).join(', ')}; all by default
  --pairs  pairs of the 60 s comparison, 5 by default (1 to ${MAX_PAIRS})
  --cold   overhead, budget and start measure the first jobs after a start of the service
  --gap    seconds that overhead, budget, accept and start pause before each short job (0 to ${MAX_GAP_SECONDS})
  --only   attacks of the case routes whose name, attacker and routes contain all words, such as "schema greedy /v1/upload"
  --peer   address of another service with this API, for the case peer; its key is in AIRLOCK_BENCH_PEER_KEY
  --json   print everything that was measured, and the machine, as JSON instead of the table
  --record write the rows of each case to docs/benchmarks.json when the case ends; npx tsx scripts/docs.ts then renews docs/benchmarks.md
`;

const RECORD = join(import.meta.dirname, '..', 'docs', 'benchmarks.json');

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    const asked = options === '';
    (asked ? process.stdout : process.stderr).write(asked ? USAGE : `${options}\n\n${USAGE}`);
    return asked ? 0 : 2;
  }
  const machine = await describeMachine();
  if (!options.json) process.stdout.write(`${machineLine(machine)}\n`);
  // Build changed code first, so that no case measures a build.
  await runWell(join(import.meta.dirname, '..', 'airlock'), ['--version']);

  const record = options.record ? await openRecord(machine, options) : null;
  const results: Record<string, CaseResult> = {};
  for (const name of options.cases) {
    const progress = (text: string) => showProgress(`${name}: ${text}`);
    const report = (line: string) => {
      showProgress('');
      process.stderr.write(`${line}\n`);
    };
    const { json: _json, cases: _cases, record: _record, ...settings } = options;
    const run = await CASES[name]!();
    results[name] = await run({ ...settings, progress, report });
    record?.(name, results[name]);
  }
  showProgress('');
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  else showResults(Object.values(results));
  return 0;
}

/** Returns a function that writes the result of a case to `docs/benchmarks.json`. */
async function openRecord({ load: _, ...machine }: Machine, { pairs, only }: Options) {
  const run = { commit: await currentCommit(), date: new Date().toISOString().slice(0, 10), pairs, machine };
  return (name: string, result: CaseResult) => {
    const recorded = JSON.parse(readFileSync(RECORD, 'utf8'));
    const changed = recordCase(recorded, name, { run, result, isPart: only.length > 0 });
    writeFileSync(RECORD, `${JSON.stringify(changed, null, 2)}\n`);
  };
}

function showResults(results: CaseResult[]): void {
  process.stdout.write(`${formatTable(results.flatMap(({ rows }) => rows))}\n`);
  for (const note of new Set(results.flatMap(({ notes }) => notes ?? []))) process.stdout.write(`note: ${note}\n`);
}

interface Options extends Omit<CaseOptions, 'progress' | 'report'> {
  cases: string[];
  json: boolean;
  record: boolean;
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        case: { type: 'string', multiple: true },
        pairs: { type: 'string' },
        peer: { type: 'string' },
        only: { type: 'string' },
        cold: { type: 'boolean' },
        gap: { type: 'string' },
        json: { type: 'boolean' },
        record: { type: 'boolean' },
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
      return `--pairs is an integer from 1 to ${MAX_PAIRS}.`;
    if (cases.includes('peer') && !URL.canParse(values.peer ?? '')) return 'The case peer needs --peer URL.';
    const gap = Number(values.gap ?? 0);
    if (!(gap >= 0 && gap <= MAX_GAP_SECONDS)) return `--gap must be a number of seconds from 0 to ${MAX_GAP_SECONDS}.`;
    const { peer = null, json = false, cold = false, record = false } = values;
    if (record && (cold || gap > 0)) return '--record needs the usual conditions: omit --cold and --gap.';
    return { cases, pairs, peer, only: values.only?.split(/\s+/) ?? [], cold, gapMs: gap * 1000, json, record };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Prints a status line that overwrites itself. Prints nothing if standard error is not a terminal. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text.slice(0, process.stderr.columns - 1)}`);
}

// Missed targets are only reported, because the machine may be busy. A wrong output throws.
process.exitCode = await main();
