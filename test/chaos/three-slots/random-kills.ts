import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomOf } from '../../../testkit/random.ts';
import type { TestService } from '../../../testkit/service.ts';
import { type Fleet, openFleet } from '../fleet.ts';
import { storm } from '../storm.ts';

/** Runs the short form of the storm that `./airlock test --chaos` runs for a given time. */
export const randomKills = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let fleet: Fleet;
  beforeAll(async () => {
    service = await given();
    fleet = await openFleet(service, { apis: 2, workers: 2 });
  });
  afterAll(() => fleet?.stop());

  it('ends every accepted job exactly once, and leaves no object, file or work behind', async () => {
    const seed = Date.now() % 1_000_000;
    const blows = { everyMs: 1_000, blows: 4, freezeMs: 2_000 };
    const options = { jobs: 12, accounts: 3, width: 4, random: randomOf(seed), ...blows };
    const report = await storm(service, fleet, { ...options, progress: () => {} });
    console.info(`seed ${seed}: ${JSON.stringify(report)}`);
    expect(Object.keys(report.killed).length).toBeGreaterThan(0);
  }, 240_000);
};
