import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openProgressDisplay } from '../src/cli/progress-display.ts';
import setUp from '../test/helpers/global-setup.ts';
import { installTestSpeech } from '../test/helpers/speech.ts';
import { LanePool, planRuns, recordAll, runPlans, Tally } from '../testkit/faults/campaign.ts';
import { type Backend, openLane } from '../testkit/faults/lane.ts';
import { openReceiver } from '../testkit/faults/receiver.ts';
import { SCENARIOS, type Scenario } from '../testkit/faults/scenarios.ts';
import { makeSources } from '../testkit/faults/sources.ts';
import {
  FAULTS,
  type Fault,
  OUTAGES,
  type Outage,
  outageOf,
  parseTarget,
  showTarget,
  type Target,
} from '../testkit/faults/targets.ts';

const NAMES = [...FAULTS, ...Object.keys(OUTAGES)];

const USAGE = `npm run faults -- [options]

Runs a job of each kind, and injects one fault at a statement or storage request of each run. Exits with 1 if the
result of a run differs from the result of a run without faults. To end early with a report, press Ctrl-C.

  --kind K         only kinds whose name contains K, such as ladder
  --fault F        only one fault or outage: ${NAMES.join(', ')}
  --target T       only one target, as a violation prints it
  --list           print the targets of each kind, and inject nothing
  --occurrences N  faults at the first N occurrences of each statement in a run, 2 by default
  --seed N         another order of faults
  --sample N       only the first N runs
  --from N         skip the first N runs, to resume a campaign with the same seed
  --minutes M      start no further run after M minutes
  --jobs N         number of runs at a time, 4 by default
  --json FILE      write counts, statements without a fault and violations to a file
`;

const RECORDINGS = 2;

interface Options {
  scenarios: Scenario[];
  faults: readonly Fault[];
  outages: readonly Outage[];
  only?: Target;
  isList: boolean;
  occurrences: number;
  seed: number;
  sample: number;
  from: number;
  minutes: number;
  jobs: number;
  json: string | null;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${USAGE}`);
    return 64;
  }
  process.stderr.write(`seed ${options.seed}\n`);
  const given: Record<string, unknown> = {};
  const close = await setUp({ provide: (name: string, value: unknown) => (given[name] = value) } as TestProject);
  const receiver = await openReceiver();
  const shared = { receiver, sources: await makeSources() };
  const open = () => openLane({ ...(given as unknown as Backend), prepare: installTestSpeech });
  const lanes = Array.from({ length: options.jobs }, () => new LanePool(open, shared));
  try {
    return await campaign(lanes, options);
  } finally {
    for (const lane of lanes) await lane.close();
    await receiver.close();
    await close();
  }
}

async function campaign(lanes: readonly LanePool[], options: Options): Promise<number> {
  const recorded = await recordAll(lanes, options.scenarios, RECORDINGS);
  if (options.isList) {
    for (const { scenario, targets } of recorded) {
      process.stdout.write(`${scenario.kind}\n${targets.map((target) => `  ${showTarget(target)}\n`).join('')}`);
    }
    return 0;
  }
  const plans = planRuns(recorded, options).slice(options.from, options.from + options.sample);
  const tally = new Tally(recorded);
  const end = performance.now() + options.minutes * 60_000;
  let isInterrupted = false;
  process.once('SIGINT', () => {
    isInterrupted = true;
  });
  const bar = openProgressDisplay(true);
  await runPlans(lanes, plans, {
    tally,
    isOver: () => isInterrupted || performance.now() > end,
    onRun(done, violation) {
      const { injected, violations } = tally.total;
      bar.show({
        name: 'Faults',
        fraction: done / plans.length,
        note: `${injected} injected, ${violations} violations`,
      });
      if (violation) process.stdout.write(`${showViolation(violation)}\n`);
    },
  });
  bar.stop();
  return report(tally, options);
}

/** Characters of a statement that a violation shows. */
const SHOWN = 300;

function showViolation({ kind, fault, target, text, found }: Tally['violations'][number]): string {
  const command = `npm run faults -- --kind ${kind} --fault ${fault}${target && ` --target '${target}'`}`;
  const statement = text ? `  ${text.replace(/\s+/g, ' ').trim().slice(0, SHOWN)}\n` : '';
  return `\n${kind}, ${fault}, ${target}\n${statement}${found.map((one) => `  ${one}\n`).join('')}  ${command}`;
}

function report(tally: Tally, { json, seed }: Options): number {
  const { total } = tally;
  const rows = tally.rows();
  const cell = (count = { runs: 0, injected: 0, violations: 0 }) =>
    `${count.injected}${count.violations > 0 ? ` (${count.violations})` : ''}`;
  const header = ['kind', 'statements', ...NAMES];
  const table = rows.map(({ kind, statements, missed, faults }) => [
    kind,
    `${statements} of ${statements + missed.length}`,
    ...NAMES.map((name) => cell(faults[name])),
  ]);
  process.stdout.write(`\n${[header, ...table].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`);
  const missed = total.runs - total.injected;
  process.stdout.write(`\n${total.injected} faults, ${missed} targets not reached, ${total.violations} violations\n`);
  if (json) writeFileSync(json, JSON.stringify({ seed, total, rows, violations: tally.violations }, null, 2));
  return total.violations > 0 ? 1 : 0;
}

function readOptions(): Options | string {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ kind: text, fault: text, target: text, list: { type: 'boolean' as const }, occurrences: text, seed: text },
      ...{ sample: text, from: text, minutes: text, jobs: text, json: text },
    },
  });
  const number = (name: 'occurrences' | 'seed' | 'sample' | 'from' | 'minutes' | 'jobs', fallback: number) =>
    values[name] === undefined ? fallback : Number(values[name]);
  const scenarios = SCENARIOS.filter(({ kind }) => kind.includes(values.kind ?? ''));
  if (scenarios.length === 0)
    return `no kind contains "${values.kind}": ${SCENARIOS.map(({ kind }) => kind).join(', ')}`;
  if (values.fault && !NAMES.includes(values.fault)) return `"${values.fault}" is not a fault`;
  const isWanted = (name: string) => values.fault === undefined || values.fault === name;
  return {
    scenarios,
    faults: FAULTS.filter(isWanted),
    outages: Object.keys(OUTAGES)
      .filter(isWanted)
      .flatMap((name) => outageOf(name) ?? []),
    ...(values.target && { only: parseTarget(values.target) }),
    isList: values.list ?? false,
    occurrences: number('occurrences', 2),
    seed: number('seed', Date.now() % 1_000_000),
    sample: number('sample', Number.POSITIVE_INFINITY),
    from: number('from', 0),
    minutes: number('minutes', Number.POSITIVE_INFINITY),
    jobs: number('jobs', 4),
    json: values.json ?? null,
  };
}

process.exit(await main());
