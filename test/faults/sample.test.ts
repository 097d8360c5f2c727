import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LanePool, planRuns, recordAll, runPlans, Tally } from '../../testkit/faults/campaign.ts';
import { openLane } from '../../testkit/faults/lane.ts';
import { openReceiver, type Receiver } from '../../testkit/faults/receiver.ts';
import { SCENARIOS } from '../../testkit/faults/scenarios.ts';
import { makeSources } from '../../testkit/faults/sources.ts';
import { FAULTS } from '../../testkit/faults/targets.ts';
import { randomOf } from '../../testkit/random.ts';
import { installTestSpeech } from '../helpers/speech.ts';

/** To repeat a sample, set TEST_FAULTS_SEED. */
const SEED = Number(process.env.TEST_FAULTS_SEED ?? Math.floor(Math.random() * 1_000_000));
const KINDS = 2;
/** Number of runs with a fault. Each takes about a second. */
const RUNS = 6;

describe(`faults at statements and storage requests (seed ${SEED})`, () => {
  let lane: LanePool;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await openReceiver();
    const shared = { receiver, sources: await makeSources() };
    const backend = { postgresUrl: inject('postgresUrl'), templateDatabase: inject('templateDatabase') };
    const open = () => openLane({ ...backend, prepare: installTestSpeech });
    lane = new LanePool(open, shared);
  });
  afterAll(async () => {
    await lane?.close();
    await receiver?.close();
  });

  it('a job after a fault at one of its statements or storage requests leaves the same as a job without faults', async () => {
    const random = randomOf(SEED);
    const from = random.int(0, SCENARIOS.length - 1);
    const scenarios = Array.from({ length: KINDS }, (_, index) => SCENARIOS[(from + index) % SCENARIOS.length]!);
    const recorded = await recordAll([lane], scenarios, 1);
    // A stop and a delay last longer than the other faults.
    const faults = FAULTS.filter((fault) => fault !== 'stop' && fault !== 'delay');
    const plans = planRuns(recorded, { seed: SEED, occurrences: 1, faults, outages: [] });
    const tally = new Tally(recorded);
    await runPlans([lane], plans.slice(0, RUNS), { tally, isOver: () => false, onRun: () => {} });
    expect(tally.violations).toEqual([]);
    expect(tally.total.injected).toBeGreaterThan(0);
  });

  it('a delivery is repeated, and does not fail, if a response of the database is lost while it reads its output', async () => {
    const scenarios = SCENARIOS.filter(({ kind }) => kind === 'delivery');
    const recorded = await recordAll([lane], scenarios, 1);
    const targets = recorded[0]!.targets.filter(
      ({ role, name }) => role === 'worker' && name.startsWith('select-objects'),
    );
    expect(targets).not.toEqual([]);
    const options = { seed: SEED, occurrences: 1, faults: ['lose-answer'] as const, outages: [] };
    const plans = targets.flatMap((only) => planRuns(recorded, { ...options, only }));
    const tally = new Tally(recorded);
    await runPlans([lane], plans, { tally, isOver: () => false, onRun: () => {} });
    expect(tally.violations).toEqual([]);
    expect(tally.total.injected).toBeGreaterThan(0);
  });
});
