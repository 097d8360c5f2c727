import { randomOf } from '../random.ts';
import type { Lane } from './lane.ts';
import { type Baseline, STILL_OPEN } from './model.ts';
import type { Receiver } from './receiver.ts';
import { CLIENT_FAILED, type RunPlan, type RunResult, runOnce } from './run-once.ts';
import type { Scenario } from './scenarios.ts';
import type { Sources } from './sources.ts';
import { describePlan, type Fault, faultsOf, type Injection, type Outage, showTarget, type Target } from './targets.ts';

/** Milliseconds of a delay or stop: a short one, or a long one that exceeds a lease, of which there are few. */
const PAUSES = { shortMs: 1_200, longMs: 40_000, share: 0.02 };

/** What a run without faults has shown about a scenario. */
export interface Recorded {
  scenario: Scenario;
  baseline: Baseline;
  /** Every operation that occurred in one of the recordings. */
  targets: Target[];
}

export interface CampaignOptions {
  seed: number;
  /** Maximum occurrences of a statement or request that are targets. */
  occurrences: number;
  faults: readonly Fault[];
  /** Outages of a server. Each scenario has one run with each outage. */
  outages: readonly Outage[];
  /** The only target. By default, every target of a recording. */
  only?: Target;
}

export interface Violation {
  kind: string;
  fault: string;
  target: string;
  /** The statement of the target. */
  text: string | null;
  /** What differs. */
  found: string[];
}

/** Planned runs, in the order in which they run. */
export type Plan = RunPlan & { plan: Injection | Outage; baseline: Baseline };

/** Resolves when the last lane has opened. Lanes open one after another, because each start needs seconds of processor time. */
let opening: Promise<unknown> = Promise.resolve();

/** Opens a lane when the first run needs it, and another one after a run that may have left something running. */
export class LanePool {
  readonly #open: () => Promise<Lane>;
  readonly shared: { sources: Sources; receiver: Receiver };
  #lane: Lane | null = null;

  constructor(open: () => Promise<Lane>, shared: { sources: Sources; receiver: Receiver }) {
    this.#open = open;
    this.shared = shared;
  }

  async run(plan: RunPlan): Promise<RunResult> {
    const lane = this.#lane ?? (await this.#openNext());
    const result = await runOnce(lane, this.shared, plan);
    if (result.violations.some(leavesWork)) await this.close();
    return result;
  }

  async #openNext(): Promise<Lane> {
    const next = opening.then(this.#open);
    opening = next.catch(() => {});
    this.#lane = await next;
    return this.#lane;
  }

  async close(): Promise<void> {
    const lane = this.#lane;
    this.#lane = null;
    await lane?.close();
  }
}

function leavesWork(violation: string): boolean {
  return violation.includes(CLIENT_FAILED) || violation.includes(STILL_OPEN);
}

/**
 * Runs each scenario `times` times without faults, several scenarios at a time. Further runs may execute further statements. Throws if such
 * a run violates the model.
 */
export async function recordAll(
  lanes: readonly LanePool[],
  scenarios: readonly Scenario[],
  times: number,
): Promise<Recorded[]> {
  const waiting = [...scenarios];
  const recorded: Recorded[] = [];
  const work = async (lane: LanePool) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) recorded.push(await record(lane, next, times));
  };
  await Promise.all(lanes.map(work));
  return recorded.sort((left, right) => scenarios.indexOf(left.scenario) - scenarios.indexOf(right.scenario));
}

async function record(lane: LanePool, scenario: Scenario, times: number): Promise<Recorded> {
  const targets = new Map<string, Target>();
  let baseline: Baseline | null = null;
  for (let count = 0; count < times; count += 1) {
    const result: RunResult = await lane.run({ scenario, plan: null, baseline });
    if (result.violations.length > 0) {
      throw new Error(`${scenario.kind} violates the model without a fault: ${result.violations.join('; ')}`);
    }
    baseline = result.baseline;
    for (const target of result.targets) targets.set(showTarget(target), target);
  }
  return { scenario, baseline: baseline!, targets: [...targets.values()] };
}

/**
 * Returns the runs of a campaign. Each target first gets one of its faults, then each target gets a second fault, and so on, so that a
 * campaign that is ended early has injected a fault at every statement.
 */
export function planRuns(recorded: readonly Recorded[], options: CampaignOptions): Plan[] {
  const random = randomOf(options.seed);
  const outages = recorded.flatMap(({ scenario, baseline }) =>
    options.only ? [] : options.outages.map((plan) => ({ scenario, baseline, plan })),
  );
  const rounds: Plan[][] = [];
  for (const { scenario, baseline, targets } of recorded) {
    const chosen = options.only
      ? [options.only]
      : targets.filter(({ occurrence }) => occurrence <= options.occurrences);
    for (const target of chosen) {
      const faults = shuffled(
        faultsOf(target.via).filter((fault) => options.faults.includes(fault)),
        random.next,
      );
      for (const [round, fault] of faults.entries()) {
        const ms = random.chance(PAUSES.share) ? PAUSES.longMs : PAUSES.shortMs;
        rounds[round] ??= [];
        rounds[round].push({ scenario, baseline, plan: { target, fault, ms } });
      }
    }
  }
  return [...rounds, outages].flatMap((round) => shuffled(round, random.next));
}

function shuffled<T>(list: readonly T[], next: () => number): T[] {
  return list
    .map((value) => ({ value, at: next() }))
    .sort((left, right) => left.at - right.at)
    .map(({ value }) => value);
}

export interface Count {
  runs: number;
  injected: number;
  violations: number;
}

/** Counts runs, injected faults and violations by kind of scenario and by fault. */
export class Tally {
  readonly #counts = new Map<string, Count>();
  readonly #statements = new Map<string, Set<string>>();
  /** The statements and storage requests of each kind in runs without faults. */
  readonly #known: ReadonlyMap<string, ReadonlySet<string>>;
  readonly violations: Violation[] = [];

  constructor(recorded: readonly Recorded[]) {
    this.#known = new Map(
      recorded.map(({ scenario, targets }) => [scenario.kind, new Set(targets.map(withoutOccurrence))]),
    );
  }

  get total(): Count {
    return sum([...this.#counts.values()]);
  }

  add({ scenario, plan }: Pick<Plan, 'scenario' | 'plan'>, result: RunResult): Violation | null {
    const { kind } = scenario;
    const { fault, target, text } = describePlan(plan);
    const key = `${kind} ${fault}`;
    const isViolation = result.violations.length > 0;
    const one = { runs: 1, injected: result.isInjected ? 1 : 0, violations: isViolation ? 1 : 0 };
    this.#counts.set(key, sum([this.#counts.get(key) ?? sum([]), one]));
    const met = this.#statements.get(kind) ?? new Set();
    if (result.isInjected && 'target' in plan) met.add(withoutOccurrence(plan.target));
    this.#statements.set(kind, met);
    if (!isViolation) return null;
    const violation = { kind, fault, target, text, found: result.violations };
    this.violations.push(violation);
    return violation;
  }

  /**
   * Returns the table of a report: a row for each kind, with the number of its statements that had a fault, the statements that had none,
   * and the counts of each fault.
   */
  rows(): { kind: string; statements: number; missed: string[]; faults: Record<string, Count> }[] {
    return [...this.#statements].map(([kind, statements]) => {
      const own = [...this.#counts].filter(([key]) => key.startsWith(`${kind} `));
      const faults = Object.fromEntries(own.map(([key, count]) => [key.slice(kind.length + 1), count]));
      const missed = [...(this.#known.get(kind) ?? [])].filter((statement) => !statements.has(statement));
      return { kind, statements: statements.size, missed, faults };
    });
  }
}

function withoutOccurrence(target: Target): string {
  return showTarget(target).replace(/ \d+$/, '');
}

function sum(counts: readonly Count[]): Count {
  const add = (name: keyof Count) => counts.reduce((total, count) => total + count[name], 0);
  return { runs: add('runs'), injected: add('injected'), violations: add('violations') };
}

interface RunHooks {
  tally: Tally;
  /** Whether no further run starts. */
  isOver: () => boolean;
  onRun: (done: number, found: Violation | null) => void;
}

/** Runs plans in several lanes at a time, in their order, until all have run or `isOver`. */
export async function runPlans(
  lanes: readonly LanePool[],
  plans: readonly Plan[],
  { tally, isOver, onRun }: RunHooks,
): Promise<void> {
  let next = 0;
  let done = 0;
  const work = async (lane: LanePool) => {
    while (next < plans.length && !isOver()) {
      const plan = plans[next]!;
      next += 1;
      let result = await lane.run(plan);
      // Concurrent statements have another order in each run, and some are executed only in some runs.
      if (!result.isInjected && result.violations.length === 0) result = await lane.run(plan);
      done += 1;
      onRun(done, tally.add(plan, result));
    }
  };
  await Promise.all(lanes.map(work));
}
