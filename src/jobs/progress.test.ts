import { afterAll, beforeAll, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../test/helpers/job-world.ts';
import { releaseJob } from './finish.ts';
import { reportProgress } from './progress.ts';

let world: JobWorld;
beforeAll(async () => {
  world = await makeJobWorld();
});
afterAll(() => world?.close());

it('the progress of a job never falls within an attempt, and the next attempt starts at 0', async () => {
  const { id } = await world.accept(await world.account());
  const report = async (claim: Awaited<ReturnType<JobWorld['mustClaim']>>, progress: number) => {
    expect(await reportProgress(world.context, claim, { progress, speed: null, fps: null, etaSeconds: null })).toBe(
      true,
    );
    return (await world.view(id)).progress;
  };
  const first = await world.mustClaim();
  expect(await report(first, 0.5)).toBe(0.5);
  expect(await report(first, 0)).toBe(0.5);
  expect(await report(first, 0.6)).toBe(0.6);
  await releaseJob(world.context, first);
  expect(await report(await world.mustClaim(), 0.1)).toBe(0.1);
});
