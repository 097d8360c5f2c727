import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Client, type Json } from '../../testkit/faults/client.ts';
import { type Lane, openLane } from '../../testkit/faults/lane.ts';
import { openReceiver, type Receiver } from '../../testkit/faults/receiver.ts';
import { makeSources, type Sources } from '../../testkit/faults/sources.ts';
import { until } from '../../testkit/until.ts';
import { skipNote } from '../helpers/skip-note.ts';

/** Milliseconds for which each job runs. The leader looks for lost attempts every 5 seconds. */
const RUN_MS = 8_000;
/** Milliseconds until the start of a job, on a machine that runs other tests. With a clock that is ahead, jobs started after 61 s. */
const LATE_MS = 10_000;

/** The library of the Debian package `libfaketime` for programs with threads. */
const LIBRARY = findLibrary();

function findLibrary(): string | null {
  const libraries = '/usr/lib';
  const folders = readdirSync(libraries).map((name) => join(libraries, name, 'faketime'));
  const found = folders.find((folder) => {
    try {
      return readdirSync(folder).includes('libfaketimeMT.so.1');
    } catch {
      return false;
    }
  });
  return found ? join(found, 'libfaketimeMT.so.1') : null;
}

/** Variables of a process whose clock is ahead, or behind if the number is negative. Its timers are correct. */
function clockOf(seconds: number): NodeJS.ProcessEnv {
  const offset = `${seconds > 0 ? '+' : ''}${seconds}s`;
  return { LD_PRELOAD: LIBRARY!, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
}

const note = skipNote(LIBRARY === null && 'the package libfaketime is not installed');

describe.skipIf(LIBRARY === null)(
  `clocks that differ by three minutes in a fleet of two APIs and two workers${note}`,
  () => {
    let receiver: Receiver;
    let sources: Sources;
    let lane: Lane | null = null;
    beforeAll(async () => {
      receiver = await openReceiver();
      sources = await makeSources();
    });
    afterAll(async () => {
      await lane?.close();
      await receiver?.close();
    });

    it.each([
      ['ahead', 90],
      ['behind', -90],
    ])('with a leader whose clock is %s, every job starts at once and no attempt is lost', async (_, seconds) => {
      const fleet = await openLane({
        ...{ postgresUrl: inject('postgresUrl'), templateDatabase: inject('templateDatabase'), standby: false },
        processes: {
          worker: { role: 'worker', env: clockOf(seconds) },
          'worker-2': { role: 'worker', env: clockOf(-seconds) },
          api: { role: 'api', env: clockOf(90) },
          'api-2': { role: 'api', env: clockOf(-90) },
        },
      });
      lane = fleet;
      const { key, account } = await fleet.makeAccount();
      const stop = new AbortController();
      const clientOf = (api: string) => new Client(fleet, key, stop.signal, api);
      const start = async (api: string, index: number) => {
        const path = `/${seconds}-${index}/clip.mp4`;
        receiver.serve(path, sources.clip, RUN_MS);
        const body = { inputs: [{ url: receiver.url + path }], outputFormat: 'mp3' };
        const { id } = await clientOf(api).send('POST', '/v1/transcodes', body);
        const since = performance.now();
        const started = await until(() => receiver.requests(path)[0], { what: `the start of job ${index}` });
        return { id, late: started - since };
      };
      const jobs = await Promise.all(['api', 'api-2', 'api', 'api-2'].map(start));
      const ended: Json[] = await Promise.all(jobs.map(({ id }) => clientOf('api').until(`/v1/transcodes/${id}`)));
      const attempts = await fleet.pool.pg.query(
        'SELECT state, worker_id FROM attempts JOIN jobs ON jobs.id = job_id WHERE account_id = $1',
        [account.id],
      );
      expect(ended.map(({ status }) => status)).toEqual(Array(4).fill('completed'));
      expect(attempts.rows.map(({ state }) => state)).toEqual(Array(4).fill('completed'));
      expect(Math.max(...jobs.map(({ late }) => late))).toBeLessThan(LATE_MS);
      await lane.close();
      lane = null;
    });
  },
);
