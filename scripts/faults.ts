import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { TestProject } from 'vitest/node';
import { choiceOption } from '../src/cli/option-types.ts';
import { openProgressDisplay } from '../src/cli/progress-display.ts';
import setUp from '../test/helpers/global-setup.ts';
import { installTestSpeech } from '../test/helpers/speech.ts';
import { LanePool, planRuns, recordAll, runPlans, Tally } from '../testkit/faults/campaign.ts';
import { type Backend, openLane } from '../testkit/faults/lane.ts';
import { openReceiver } from '../testkit/faults/receiver.ts';
import { SCENARIOS, type Scenario } from '../testkit/faults/scenarios.ts';
import { makeSources } from '../testkit/faults/sources.ts';
import { FAULTS, OUTAGES, outageOf, parseTarget, showTarget, type Target } from '../testkit/faults/targets.ts';
import { numberOption, readOptions } from './read-options.ts';

const NAMES = [...FAULTS, ...Object.keys(OUTAGES)];

const COMMAND = new Command('npm run faults --')
  .description(
    'Runs a job of each kind, and injects one fault at a statement or storage request of each run. Exits with code 1 if the result of a run ' +
      'differs from the result of a run without faults. To end early with a report, press Ctrl-C.',
  )
  .option('--kind <text>', 'run only kinds whose name contains <text>, such as ladder', '')
  .addOption(choiceOption('--fault <name>', 'inject only one fault or outage', NAMES))
  .option('--target <target>', 'inject faults only at one target, as a violation prints it', parseTarget)
  .option('--list', 'print the targets of each kind, and inject nothing')
  .addOption(
    numberOption('--occurrences <n>', 'inject faults at the first <n> occurrences of a statement in a run', 1).default(
      2,
    ),
  )
  .addOption(numberOption('--seed <n>', 'seed of the order of faults').default(Date.now() % 1_000_000, 'random'))
  .addOption(numberOption('--sample <n>', 'run only the first <n> runs', 1).default(Number.POSITIVE_INFINITY, 'all'))
  .addOption(numberOption('--from <n>', 'skip the first <n> runs, to resume a campaign with the same seed').default(0))
  .addOption(
    numberOption('--minutes <n>', 'start no run after <n> minutes', 1).default(Number.POSITIVE_INFINITY, 'none'),
  )
  .addOption(numberOption('--jobs <n>', 'number of runs at the same time', 1).default(4))
  .option('--json <file>', 'write counts, statements without a fault and violations to <file>');

const RECORDINGS = 2;

interface Options {
  kind: string;
  fault?: string;
  target?: Target;
  list?: true;
  occurrences: number;
  seed: number;
  sample: number;
  from: number;
  minutes: number;
  jobs: number;
  json?: string;
}

async function main(): Promise<number> {
  const options = readOptions<Options>(COMMAND);
  const scenarios = SCENARIOS.filter(({ kind }) => kind.includes(options.kind));
  if (scenarios.length === 0)
    COMMAND.error(
      `error: no kind contains "${options.kind}"; the kinds are ${SCENARIOS.map(({ kind }) => kind).join(', ')}`,
    );
  process.stderr.write(`seed ${options.seed}\n`);
  const given: Record<string, unknown> = {};
  const close = await setUp({ provide: (name: string, value: unknown) => (given[name] = value) } as TestProject);
  const receiver = await openReceiver();
  const shared = { receiver, sources: await makeSources() };
  const open = () => openLane({ ...(given as unknown as Backend), prepare: installTestSpeech });
  const lanes = Array.from({ length: options.jobs }, () => new LanePool(open, shared));
  try {
    return await campaign(lanes, scenarios, options);
  } finally {
    for (const lane of lanes) await lane.close();
    await receiver.close();
    await close();
  }
}

async function campaign(lanes: readonly LanePool[], scenarios: readonly Scenario[], options: Options): Promise<number> {
  const recorded = await recordAll(lanes, scenarios, RECORDINGS);
  if (options.list) {
    for (const { scenario, targets } of recorded) {
      process.stdout.write(`${scenario.kind}\n${targets.map((target) => `  ${showTarget(target)}\n`).join('')}`);
    }
    return 0;
  }
  const isWanted = (name: string) => options.fault === undefined || options.fault === name;
  const faults = FAULTS.filter(isWanted);
  const outages = Object.keys(OUTAGES)
    .filter(isWanted)
    .flatMap((name) => outageOf(name) ?? []);
  const plans = planRuns(recorded, { ...options, faults, outages, only: options.target }).slice(
    options.from,
    options.from + options.sample,
  );
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

process.exit(await main());
