import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FloodReport, flood } from '../../testkit/attacks/flood/flood.ts';
import { memoryOfRoles } from '../../testkit/attacks/flood/memory.ts';
import { mountsOf, tracesOfJobs } from '../../testkit/attacks/flood/traces.ts';
import { cgroupsOf } from '../../testkit/control-groups.ts';
import { processesOf } from '../../testkit/processes-of.ts';
import { call, startService, type TestService } from '../../testkit/service.ts';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import { until } from '../../testkit/until.ts';

/** Size of the flood. `./airlock bench --case flood` sends more and heavier files, and measures the results. */
const SIZE = {
  files: 50,
  holeSeconds: 60,
  burnSeconds: 0.04,
  gifSide: 256,
  stillRows: 128,
  wideRows: 256,
  swellMib: 8,
  drips: 1,
  dripTries: 1,
  endless: 0,
  seed: 4,
};
/** Maximum number of MiB by which the memory of a role may grow over the flood. A leaking job would keep tens of MiB per file. */
const KEPT_MIB = 150;

describe('fifty concurrent hostile files', () => {
  let service: TestService;
  let report: FloodReport;
  beforeAll(async () => {
    service = await startService({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32', AIRLOCK_WORKER_SLOTS: '6' });
    report = await flood(service, SIZE, 150_000);
  }, 240_000);
  afterAll(() => service?.remove());

  it('fail with a declared code, or complete without harm', () => {
    expect(report.hostile).toHaveLength(SIZE.files);
    expect(report.undeclared).toEqual([]);
    // Checks that most files were indeed hostile.
    expect(report.hostile.filter(({ status }) => status === 'failed').length).toBeGreaterThan(SIZE.files / 2);
    expect(new Set(report.hostile.map(({ code }) => code)).size).toBeGreaterThan(8);
  });

  it('do not affect legitimate jobs', () => {
    expect(report.legitimate).toBe(8);
    expect(report.faults).toEqual([]);
  });

  it('do not cause the health check to fail', () => {
    expect(report.health.ms.length).toBeGreaterThan(50);
    expect(report.health.faults).toEqual([]);
  });

  it('leave the health check its own database connection while every connection of accounts waits', async () => {
    const database = await openAsSuperuser(service.dataDir);
    // Within a transaction, PostgreSQL does not update its view of the connections, so a second connection observes them.
    const observer = await openAsSuperuser(service.dataDir);
    await database.query('BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE');
    // The requests exceed the number of the API's connections. Two of its 12 connections are reserved for work without an account.
    const names = ['flood-1', 'flood-2', 'flood-3', 'flood-4'];
    const keys = await Promise.all(names.map((name) => service.makeKey('--account', name)));
    const waiting = keys.flatMap(({ key }) =>
      Array.from({ length: 10 }, () => call(`${service.api}/v1/transcodes/${randomUUID()}`, 'GET', key)),
    );
    try {
      const stuck = `SELECT count(*)::int AS n FROM pg_stat_activity
                     WHERE application_name = 'airlock-api' AND wait_event_type = 'Lock'`;
      await until(async () => (await observer.query(stuck)).rows[0].n >= 10, {
        what: 'every connection of accounts to wait',
      });
      expect((await service.call('GET', '/health-check')).status).toBe(200);
    } finally {
      await database.query('ROLLBACK');
      await Promise.all([database.end(), observer.end()]);
    }
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 404));
  });

  it('leave no file, process, control group or mount behind, and memory use close to its previous level', async () => {
    expect(tracesOfJobs(service)).toEqual([]);
    // Idle threads end after a minute.
    const isBack = ([role, before]: [string, number]) => memoryOfRoles(service)[role]! < before + KEPT_MIB;
    await until(() => Object.entries(report.memory.before).every(isBack), {
      ...{ what: 'every role to return its memory', timeoutMs: 90_000, everyMs: 500 },
    });
    const workers = service.pids('worker');
    expect(workers).toHaveLength(1);
    await service.stop();
    expect(workers.flatMap(cgroupsOf)).toEqual([]);
    expect(mountsOf(service)).toEqual([]);
    expect(processesOf(service.dataDir)).toEqual([]);
  }, 150_000);
});
