import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';
import { entriesBelow } from '../../helpers/files.ts';
import { expectEachCompletedOnce, expectNoOrphans, type PatientClient, patientClient, untilFinal } from '../load.ts';

/** Number of jobs with slow sources in each of the two resource classes. It exceeds the number of slots. */
const JOBS = 4;
/** Bytes that a slow source sends every TICK_MS. The rate is 16 kB/s, twice the minimum rate of the fetcher. */
const DROP_BYTES = 4096;
const TICK_MS = 250;

export const slowSources = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let folder: string;
  let source: Awaited<ReturnType<typeof startSource>>;
  let greedy: PatientClient;
  let modest: PatientClient;
  let uploaded: string;
  let clip: Buffer;
  let padded: Buffer;
  const trickles = new Set<{ response: ServerResponse; path: string; sent: number }>();
  let isSlow = true;

  /** Lets every source send the rest at full speed from now on. */
  const hurry = () => {
    isSlow = false;
    for (const { response, sent } of trickles) response.end(padded.subarray(sent));
    trickles.clear();
  };
  const slowJobs = (count: number, outputFormat: string) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        greedy.create({ inputs: [{ url: `${source.url}/${outputFormat}/${index}` }], outputFormat }),
      ),
    );
  const workFolders = () => entriesBelow(join(service.dataDir, 'work'));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-slow-'));
    clip = await readFile(await makeClip(join(folder, 'clip.mp4'), { size: '64x64' }));
    // A box that players ignore, whose bytes take two minutes at this rate.
    const free = Buffer.alloc(2 * 2 ** 20);
    free.writeUInt32BE(free.length);
    free.write('free', 4);
    padded = Buffer.concat([clip, free]);
    source = await startSource((request, response) => {
      response.writeHead(200, { 'content-length': padded.length });
      if (!isSlow || request.url === '/fast') return void response.end(padded);
      const trickle = { response, path: request.url!, sent: 0 };
      trickles.add(trickle);
      response.once('close', () => trickles.delete(trickle));
    });
    const timer = setInterval(() => {
      for (const trickle of trickles) {
        trickle.response.write(padded.subarray(trickle.sent, trickle.sent + DROP_BYTES));
        trickle.sent += DROP_BYTES;
      }
    }, TICK_MS);
    timer.unref();
    service = await given();
    greedy = patientClient(service, (await service.makeKey('--account', 'greedy')).key);
    modest = patientClient(service, (await service.makeKey('--account', 'modest')).key);
    const asModest = { ...service, call: modest.call };
    uploaded = (await upload(asModest, join(folder, 'clip.mp4'))).fileUrl;
  });
  afterAll(async () => {
    source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('do not delay other accounts, even if there are more slow sources than slots', async () => {
    const jobs = [...(await slowJobs(JOBS, 'mp3')), ...(await slowJobs(JOBS, 'mp4'))];
    await until(() => trickles.size === jobs.length, { what: 'all fetches' });
    const began = Date.now();
    const others = await Promise.all([
      modest.create({ inputs: [{ url: uploaded }], outputFormat: 'mp4' }),
      modest.create({ inputs: [{ url: `${source.url}/fast` }], outputFormat: 'mp3' }),
      modest.create({ inputs: [{ url: `${source.url}/fast` }], outputFormat: 'mp4' }),
    ]);
    expect(await untilFinal(modest, others)).toEqual(['completed', 'completed', 'completed']);
    const took = Date.now() - began;
    console.info(`jobs of another account beside ${trickles.size} trickles: ${took} ms`);
    expect(took).toBeLessThan(30_000);

    // A cancel or an erase during the fetch closes the source immediately, and leaves nothing behind.
    const [canceled, erased] = await Promise.all(
      ['/mp3/', '/mp4/'].map(async (path) => {
        const states = await Promise.all(jobs.map((id) => greedy.call('GET', `/v1/transcodes/${id}`)));
        const job = states.find(
          ({ json }) => json.status === 'processing' && new URL(json.inputs[0].url).pathname.startsWith(path),
        )!.json;
        return { id: job.id as string, path: new URL(job.inputs[0].url).pathname };
      }),
    );
    expect((await greedy.call('PATCH', `/v1/transcodes/${canceled!.id}/cancel`)).status).toBe(200);
    expect((await greedy.call('DELETE', `/v1/transcodes/${erased!.id}`)).status).toBe(200);
    const gone = [canceled!.path, erased!.path];
    await until(() => ![...trickles].some(({ path }) => gone.includes(path)), { what: 'their sources to be let go' });
    await until(async () => (await workFolders()).filter((path) => /source-0$/.test(path)).length === trickles.size, {
      what: 'no file but those of the fetches',
    });

    hurry();
    const left = jobs.filter((id) => id !== canceled!.id && id !== erased!.id);
    expect(new Set(await untilFinal(greedy, left))).toEqual(new Set(['completed']));
    expect((await greedy.call('GET', `/v1/transcodes/${canceled!.id}`)).json.status).toBe('canceled');
    const db = await openServiceDatabase(service);
    await expectEachCompletedOnce(db, [...left, ...others]);
    await db.end();
    await until(async () => (await workFolders()).length === 0, { what: 'empty work folders' });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'do not cause the loss of a job when the worker ends during a fetch: %s',
    async (signal) => {
      isSlow = true;
      // Only one heavy job: the account must leave a heavy slot to the other account, which has been active.
      const jobs = [...(await slowJobs(3, 'mp3')), ...(await slowJobs(1, 'mp4'))];
      const db = await openServiceDatabase(service);
      // There are more fetches than slots, because some jobs have released their slots.
      await until(() => trickles.size === jobs.length, { what: 'all fetches' });
      const [pid] = service.pids('worker');
      const began = Date.now();
      process.kill(pid!, signal);
      await until(() => service.pids('worker').some((other) => other !== pid), { what: 'a new worker' });
      console.info(`${signal}: a new worker after ${Date.now() - began} ms`);
      hurry();
      expect(new Set(await untilFinal(greedy, jobs))).toEqual(new Set(['completed']));
      await expectEachCompletedOnce(db, jobs);
      const { rows } = await db.query(
        `SELECT state, count(*)::int AS n FROM attempts WHERE job_id = ANY($1) AND state <> 'completed' GROUP BY state`,
        [jobs],
      );
      // A stopping worker releases each job once, and does not claim the job again.
      expect(rows).toEqual([{ state: signal === 'SIGKILL' ? 'lost' : 'released', n: jobs.length }]);
      await expectNoOrphans(db, service);
      await db.end();
      await until(async () => (await workFolders()).length === 0, { what: 'empty work folders' });
    },
  );
};
