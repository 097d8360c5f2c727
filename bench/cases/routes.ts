import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryOfRoles } from '../../testkit/attacks/flood/memory.ts';
import { type Attack, ROUTE_ATTACKS } from '../../testkit/attacks/routes/route-attacks.ts';
import { listRoutes, type Route } from '../../testkit/attacks/routes/route-list.ts';
import {
  type Attacker,
  attackerAddresses,
  attackRoutes,
  type Measured,
  openAttacker,
  type Persona,
  targetsOf,
} from '../../testkit/attacks/routes/run-attacks.ts';
import { openWorld, type World } from '../../testkit/attacks/routes/world.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { percentile } from '../lib/statistics.ts';

/** Milliseconds of an attack on a group of routes, and of an attack on all routes at once. */
const GROUP_MS = 2_000;
const ALL_MS = 5_000;
/** Addresses of the attacker. 17 addresses with 250 connections each exceed the number of connections that the API accepts in total. */
const ADDRESSES = attackerAddresses(17);
const P99_MS = 300;
const MOST_MIB = 150;
const LATER_MIB = 50;
const LATER_MS = 60_000;
const LOOK_MS = 250;

interface Cell extends Measured {
  attack: string;
  persona: Persona;
  group: string;
  /** Seconds until the API used at most 50 MiB more than before all attacks. Null if this takes more than a minute. */
  calmSeconds: number | null;
}

interface Stage {
  service: TestService;
  attacker: Attacker;
  world: World;
  /** Resident MiB of the API before the first attack. */
  restMib: number;
}

/**
 * Measures each attack of a stranger and of a greedy account, first on all routes at once and then on one group of routes after the other.
 * Meanwhile, another account at another address sends requests. The attacker runs at the lowest priority, so on a busy machine it may open
 * few connections. The column `opened` shows their number.
 */
export async function routes(options: CaseOptions): Promise<CaseResult> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const env = { AIRLOCK_LOG_LEVEL: 'error', AIRLOCK_RATE_LIMIT: '600', AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' };
  const service = await startService(env);
  const attacker = openAttacker();
  const world = await openWorld(service, join(folder, 'clip.mp4'));
  try {
    const all = await listRoutes(service);
    await world.bystanderJob();
    const stage = { service, attacker, world, restMib: memoryOfRoles(service).api! };
    const cells: Cell[] = [];
    const jobMs: number[] = [];
    options.report(lineOf(HEADER));
    for (const persona of ['stranger', 'greedy account'] as const) {
      for (const attack of ROUTE_ATTACKS) {
        const isAsked = (group: string) =>
          options.only.every((word) => `${attack.name} ${persona} ${group}`.includes(word));
        const groups = [...groupsOf(targetsOf(attack, all, persona), persona)].filter(([group]) => isAsked(group));
        const job = groups.length > 0 ? world.bystanderJob() : null;
        for (const [group, own] of groups) {
          const cell = await measure(stage, { attack, persona, targets: own, group });
          options.report(lineOf(columnsOf(cell, stage.restMib)));
          cells.push(cell);
        }
        if (job) jobMs.push(await job);
      }
    }
    if (cells.length === 0) throw new Error('no attack has all words of --only');
    await new Promise((resolve) => setTimeout(resolve, LATER_MS));
    const after = { restMib: stage.restMib, laterMib: memoryOfRoles(service).api!, jobMs };
    return { rows: rowsOf(cells, after), raw: { cells, ...after } };
  } finally {
    attacker.close();
    await world.close();
    await service.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Returns all targets, and the groups of targets. All routes that require a key return the same 401 to a stranger, so they are one group.
 */
function groupsOf(targets: readonly Route[], persona: Persona): Map<string, Route[]> {
  const groups = new Map<string, Route[]>();
  if (targets.length > 0) groups.set(ALL, [...targets]);
  for (const target of targets) {
    const { port, path, isOpen } = target;
    const part = GROUPS.find((start) => path.startsWith(start)) ?? 'others';
    const name = port !== 'api' ? port : isOpen ? 'open' : persona === 'stranger' ? 'with a key' : part;
    groups.set(name, [...(groups.get(name) ?? []), target]);
  }
  // A single group has the same targets as the group of all targets.
  return groups.size === 2 ? new Map([...groups].slice(0, 1)) : groups;
}

const ALL = 'all';
const GROUPS = ['/v1/transcodes', '/v1/upload'];

async function measure(
  { service, attacker, world, restMib }: Stage,
  on: { attack: Attack; persona: Persona; targets: readonly Route[]; group: string },
): Promise<Cell> {
  const { attack, persona, targets, group } = on;
  const key = persona === 'stranger' ? null : world.attackerKey;
  const attacked = { attack, routes: targets, key, addresses: ADDRESSES, connections: attack.connections.long };
  const forMs = group === ALL ? ALL_MS : GROUP_MS;
  const measured = await attackRoutes(attacker, service, attacked, { bystanderKey: world.bystanderKey, forMs });
  const calmSeconds = await secondsUntilCalm(() => memoryOfRoles(service).api! - restMib <= LATER_MIB);
  return { ...measured, attack: attack.name, persona, group, calmSeconds };
}

async function secondsUntilCalm(isCalm: () => boolean): Promise<number | null> {
  for (let waited = 0; waited <= LATER_MS; waited += LOOK_MS) {
    if (isCalm()) return waited / 1000;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return null;
}

const HEADER = ['attack', 'by', 'routes', 'p50 ms', 'p99 ms', '5xx', 'RSS MiB', '<= +50 in s', 'opened'];
const WIDTHS = [36, 14, 15, 7, 7, 4, 8, 12, 7];

function lineOf(columns: readonly string[]): string {
  return columns
    .map((text, index) => (index < 3 ? text.padEnd(WIDTHS[index]!) : text.padStart(WIDTHS[index]!)))
    .join(' ');
}

function columnsOf(cell: Cell, restMib: number): string[] {
  const { attack, persona, group, ms, faults, mostMib, calmSeconds, outcome } = cell;
  const numbers = [percentile(ms, 0.5).toFixed(0), percentile(ms, 0.99).toFixed(0), `${faults.length}`];
  const memory = [`+${(mostMib - restMib).toFixed(0)}`, calmSeconds === null ? 'never' : calmSeconds.toFixed(1)];
  return [attack, persona, group, ...numbers, ...memory, `${outcome.opened}`];
}

/** Returns a row for each attack, with the results of its slowest group, and rows for all attacks together. */
function rowsOf(cells: readonly Cell[], after: { restMib: number; laterMib: number; jobMs: number[] }): Row[] {
  const row = (what: string) => ({ case: 'routes', what });
  const p99 = ({ ms }: Cell) => percentile(ms, 0.99);
  const names = [...new Set(cells.map(({ attack, persona }) => `${attack}, ${persona}`))];
  const rows = names.map((name) => {
    const own = cells.filter(({ attack, persona }) => `${attack}, ${persona}` === name);
    const worst = own.sort((a, b) => p99(b) - p99(a))[0]!;
    const range = { max: Math.max(...worst.ms), min: Math.min(...worst.ms) };
    return bounded(row(`${name}: ${worst.group}, p99`), { value: p99(worst), ...range }, P99_MS, 'ms', 0);
  });
  const faults = cells.flatMap((cell) => cell.faults.map((fault) => `${cell.attack}, ${cell.group}: ${fault}`));
  const most = Math.max(...cells.map(({ mostMib }) => mostMib));
  const { restMib, laterMib, jobMs } = after;
  return [
    ...rows,
    bounded(
      row(`responses of 5xx or none${faults[0] ? `, such as ${faults[0]}` : ''}`),
      { value: faults.length },
      0,
      '',
      0,
    ),
    bounded(row('job and webhook of the other account, longest'), { value: Math.max(...jobMs) }, null, 'ms', 0),
    bounded(row('RSS of the API, most - before'), { value: most - restMib }, MOST_MIB, 'MiB', 0),
    bounded(row('RSS of the API, a minute later - before'), { value: laterMib - restMib }, LATER_MIB, 'MiB', 0),
  ];
}
