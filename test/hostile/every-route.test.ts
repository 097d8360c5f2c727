import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryOfRoles } from '../../testkit/attacks/flood/memory.ts';
import { ROUTE_ATTACKS } from '../../testkit/attacks/routes/route-attacks.ts';
import { listRoutes, type Route } from '../../testkit/attacks/routes/route-list.ts';
import {
  type Attacker,
  attackerAddresses,
  attackRoutes,
  openAttacker,
  type Persona,
  targetsOf,
} from '../../testkit/attacks/routes/run-attacks.ts';
import { openWorld, type World } from '../../testkit/attacks/routes/world.ts';
import { startService, type TestService } from '../../testkit/service.ts';

/** Duration of each attack in milliseconds. */
const FOR_MS = 100;
const ADDRESSES = attackerAddresses(4);
/**
 * Maximum latency in milliseconds and maximum growth of memory. They allow for other test files on the same cores. `./airlock bench --case
 * routes` measures 300 ms.
 */
const MOST_MS = 5_000;
/** The growth includes garbage of earlier attacks, which V8 collects when the process is idle. */
const MOST_MIB = 300;

const CASES = (['stranger', 'greedy account'] as const satisfies readonly Persona[]).flatMap((persona) =>
  ROUTE_ATTACKS.map((attack) => [`${attack.name}, by a ${persona}`, persona, attack] as const),
);

// Attacks all routes at once. `./airlock bench --case routes` attacks one route after the other, for longer and with more connections.
describe('an attack on every route', () => {
  let service: TestService;
  let attacker: Attacker;
  let world: World;
  let routes: Route[];
  let folder: string;
  let restMib: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-routes-'));
    service = await startService({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32', AIRLOCK_RATE_LIMIT: '600' });
    attacker = openAttacker();
    world = await openWorld(service, join(folder, 'clip.mp4'));
    routes = await listRoutes(service);
    await world.bystanderJob();
    restMib = memoryOfRoles(service).api!;
  });
  afterAll(async () => {
    attacker?.close();
    await world?.close();
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(CASES)('does not block another account: %s', async (_, persona, attack) => {
    const targets = targetsOf(attack, routes, persona);
    if (targets.length === 0) return;
    const key = persona === 'stranger' ? null : world.attackerKey;
    const attacked = { attack, routes: targets, key, addresses: ADDRESSES, connections: attack.connections.short };
    const job = world.bystanderJob();
    const { ms, faults, outcome, mostMib } = await attackRoutes(attacker, service, attacked, {
      bystanderKey: world.bystanderKey,
      forMs: FOR_MS,
    });
    expect(faults).toEqual([]);
    expect(outcome.opened).toBeGreaterThan(0);
    expect(ms.length).toBeGreaterThan(0);
    expect(Math.max(...ms)).toBeLessThan(MOST_MS);
    expect(mostMib - restMib).toBeLessThan(MOST_MIB);
    await job;
  });
});
