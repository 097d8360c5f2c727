import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryOfRoles } from '../../testkit/attacks/flood/memory.ts';
import { type Attack, ROUTE_ATTACKS } from '../../testkit/attacks/routes/route-attacks.ts';
import { listRoutes, type Route, routeName } from '../../testkit/attacks/routes/route-list.ts';
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

/** Milliseconds of an attack on one route, and on all of them at once. */
const ROUTE_MS = 200;
const ALL_MS = 5_000;
/** 17 addresses with 250 connections each exceed what the API accepts in total. */
const ADDRESSES = attackerAddresses(17);
const P99_MS = 300;
const MOST_MIB = 150;
const LATER_MIB = 50;
const LATER_MS = 60_000;

interface Cell extends Measured {
  attack: string;
  persona: Persona;
  /** Null: all routes at once. */
  route: string | null;
}

interface Stage {
  service: TestService;
  attacker: Attacker;
  world: World;
}

/**
 * Each attack of a stranger and of a greedy account, on all routes at once and then on one route after the other, while
 * another account at another address works.
 */
export async function routes(options: CaseOptions): Promise<CaseResult> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const env = { AIRLOCK_LOG_LEVEL: 'error', AIRLOCK_RATE_LIMIT: '600', AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' };
  const service = await startService(env);
  const attacker = openAttacker();
  const world = await openWorld(service, join(folder, 'clip.mp4'));
  const stage = { service, attacker, world };
  try {
    const all = await listRoutes(service);
    await world.bystanderJob();
    const restMib = memoryOfRoles(service).api!;
    const cells: Cell[] = [];
    const jobMs: number[] = [];
    for (const persona of ['stranger', 'greedy account'] as const) {
      for (const attack of ROUTE_ATTACKS) {
        const targets = targetsOf(attack, all, persona);
        if (targets.length === 0) continue;
        options.progress(`${attack.name}, ${persona}: all routes`);
        const job = world.bystanderJob();
        cells.push(await measure(stage, { attack, persona, targets, route: null }));
        jobMs.push(await job);
        // Without a key, all other routes send the same 401 from the same code.
        const single = persona === 'stranger' ? targets.filter(({ isOpen }) => isOpen) : targets;
        for (const target of targets.length > 1 ? single : []) {
          options.progress(`${attack.name}, ${persona}: ${routeName(target)}`);
          cells.push(await measure(stage, { attack, persona, targets: [target], route: routeName(target) }));
        }
      }
    }
    options.progress('memory a minute later');
    await new Promise((resolve) => setTimeout(resolve, LATER_MS));
    const laterMib = memoryOfRoles(service).api!;
    return { rows: rowsOf(cells, { restMib, laterMib, jobMs }), raw: { cells, restMib, laterMib, jobMs } };
  } finally {
    attacker.close();
    await world.close();
    await service.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  { service, attacker, world }: Stage,
  on: { attack: Attack; persona: Persona; targets: readonly Route[]; route: string | null },
): Promise<Cell> {
  const { attack, persona, targets, route } = on;
  const key = persona === 'stranger' ? null : world.attackerKey;
  const attacked = { attack, routes: targets, key, addresses: ADDRESSES, connections: attack.connections.long };
  const forMs = route === null ? ALL_MS : ROUTE_MS;
  const measured = await attackRoutes(attacker, service, attacked, { bystanderKey: world.bystanderKey, forMs });
  return { ...measured, attack: attack.name, persona, route };
}

/** A row for each attack on all routes, and one for the worst single route of each. */
function rowsOf(cells: readonly Cell[], after: { restMib: number; laterMib: number; jobMs: number[] }): Row[] {
  const row = (what: string) => ({ case: 'routes', what });
  const p99 = ({ ms }: Cell) => percentile(ms, 0.99);
  const names = [...new Set(cells.map(({ attack, persona }) => `${attack}, ${persona}`))];
  const rows = names.flatMap((name) => {
    const own = cells.filter(({ attack, persona }) => `${attack}, ${persona}` === name);
    const single = own.filter(({ route }) => route !== null).sort((a, b) => p99(b) - p99(a));
    const all = own.find(({ route }) => route === null)!;
    return [
      bounded(
        row(`${name}: all routes, p99`),
        { value: p99(all), max: Math.max(...all.ms), min: Math.min(...all.ms) },
        P99_MS,
        'ms',
      ),
      ...single
        .slice(0, 1)
        .map((cell) =>
          bounded(
            row(`${name}: slowest of ${single.length} routes, ${cell.route}`),
            { value: p99(cell) },
            P99_MS,
            'ms',
          ),
        ),
    ];
  });
  const faults = cells.flatMap((cell) => cell.faults.map((fault) => `${cell.attack}, ${cell.route}: ${fault}`));
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
    bounded(row('job and webhook of the other account, longest'), { value: Math.max(...jobMs) }, null, 'ms'),
    bounded(row('RSS of the API, most - before'), { value: most - restMib }, MOST_MIB, 'MiB', 0),
    bounded(row('RSS of the API, a minute later - before'), { value: laterMib - restMib }, LATER_MIB, 'MiB', 0),
  ];
}
