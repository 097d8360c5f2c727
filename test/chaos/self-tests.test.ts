import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { registerWorker } from '../../src/fleet/workers.ts';
import type { SelfTestReport } from '../../src/sandbox/types.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startSelfTests } from '../../src/worker/self-test.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const check = { attempt: 'read /etc/passwd', expected: 'ENOENT', seen: 'ENOENT', passed: true, promised: true };
const good = (at: number): SelfTestReport => ({ tier: 'bwrap', passed: true, checks: [check], at: new Date(at) });
const broken: SelfTestReport = {
  ...good(3000),
  passed: false,
  checks: [check, { ...check, attempt: 'fork', seen: 'exit', passed: false }],
};

describe('the self-test of a running worker', () => {
  let world: JobWorld;
  beforeAll(async () => {
    world = await makeJobWorld();
  });
  afterAll(() => world.close());

  it('is repeated, its result is stored, and the worker stops once an attack succeeds', async () => {
    const { db } = world.context;
    const id = uuidv7();
    const facts = {
      host: 'h',
      boot: 'b',
      pid: 1,
      pid_start: '1',
      version: 'test',
      slots: 1,
      tier: 'bwrap',
      ffmpeg: 'x',
    };
    await registerWorker(db, { id, ...facts });
    const row = () => db.selectFrom('workers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const reports = [good(2000), broken];
    const asked: unknown[] = [];
    let continueTests = () => {};
    const rowRead = new Promise<void>((resolve) => {
      continueTests = resolve;
    });
    let ended: SelfTestReport | null = null;
    const tests = startSelfTests(
      {
        context: world.context,
        logger: createLogger({ level: 'silent', role: 'worker' }),
        sandbox: {
          tier: 'bwrap',
          selfTest: async (options) => {
            asked.push(options);
            await rowRead;
            return reports.shift()!;
          },
        },
        onBroken: (report) => {
          ended = report;
        },
        everyMs: 20,
      },
      id,
      good(1000),
    );
    await tests.recorded;
    expect(await row()).toMatchObject({ self_test_passed: true, self_test_checks: 1 });
    continueTests();
    await until(() => ended !== null, { what: 'the end of the worker' });
    await tests.stop();
    expect(ended).toBe(broken);
    expect(asked).toEqual([{ full: true }, { full: true }]);
    expect(await row()).toMatchObject({ self_test_passed: false, self_test_checks: 2, self_test_at: new Date(3000) });
    const audited = await db.selectFrom('audit_log').select('action').execute();
    expect(audited.map(({ action }) => action)).toContain('sandbox.self_test_failed');
  });
});
