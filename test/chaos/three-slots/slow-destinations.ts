import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';
import { expectEachCompletedOnce, type PatientClient, patientClient, untilFinal } from '../load.ts';

/** Number of jobs with a slow destination. It exceeds the number of running jobs and of concurrent deliveries that an account may have. */
const JOBS = 40;

export const slowDestinations = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let folder: string;
  let destination: Awaited<ReturnType<typeof startSource>>;
  let timer: NodeJS.Timeout;
  let db: Client;
  /** Requests of which the destination reads one byte per second. */
  const slow = new Map<IncomingMessage, ServerResponse>();
  let isSlow = true;

  const take = (request: IncomingMessage, response: ServerResponse) => {
    request.once('end', () => response.writeHead(200).end()).resume();
  };
  const hurry = () => {
    isSlow = false;
    for (const [request, response] of slow) take(request, response);
    slow.clear();
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-destinations-'));
    await makeClip(join(folder, 'clip.mp4'), { size: '64x64' });
    const clip = readFileSync(join(folder, 'clip.mp4'));
    destination = await startSource((request, response) => {
      if (request.method === 'GET') return void response.end(clip);
      if (!isSlow) return take(request, response);
      slow.set(request, response);
      response.once('close', () => slow.delete(request));
    });
    timer = setInterval(() => {
      for (const request of slow.keys()) request.read(1);
    }, 1000);
    service = await given();
    db = await openServiceDatabase(service);
  });
  afterAll(async () => {
    clearInterval(timer);
    await db?.end();
    await destination?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('occupy no slot, and delay neither the other jobs, probes and inspections of their account nor other accounts', async () => {
    const clients: PatientClient[] = [];
    for (const account of ['delivering', 'waiting']) {
      clients.push(patientClient(service, (await service.makeKey('--account', account)).key));
    }
    const [delivering, other] = clients as [PatientClient, PatientClient];
    const uploadAs = ({ call }: PatientClient) => upload({ ...service, call }, join(folder, 'clip.mp4'));
    const { fileUrl: url } = await uploadAs(delivering);
    const ids = await Promise.all(
      Array.from({ length: JOBS }, (_, number) =>
        delivering.create({
          inputs: [{ url }],
          outputFormat: 'mp3',
          destination: { url: `${destination.url}/${number}.mp3` },
        }),
      ),
    );
    const waiting = () => db.query(`SELECT FROM jobs WHERE id = ANY($1) AND awaiting = 'delivery'`, [ids]);
    await until(async () => (await waiting()).rowCount === JOBS && slow.size > 0, {
      what: 'all deliveries',
      timeoutMs: 90_000,
    });

    const began = performance.now();
    for (const client of [delivering, other]) {
      const { fileUrl } = await uploadAs(client);
      const probe = await client.call('POST', '/v1/probe', { url: `${destination.url}/source.mp4` });
      expect([probe.status, probe.json.streams?.length]).toEqual([200, 2]);
      const jobs = await Promise.all(
        ['mp3', 'mp4'].map((outputFormat) => client.create({ inputs: [{ url: fileUrl }], outputFormat })),
      );
      expect(await untilFinal(client, jobs)).toEqual(['completed', 'completed']);
    }
    const took = Math.round(performance.now() - began);
    console.info(`work of two accounts alongside ${JOBS} slow deliveries: ${took} ms`);
    expect(took).toBeLessThan(30_000);
    expect((await waiting()).rowCount).toBe(JOBS);

    hurry();
    expect(new Set(await untilFinal(delivering, ids))).toEqual(new Set(['completed']));
    await expectEachCompletedOnce(db, ids);
    const states = await Promise.all(ids.map((id) => delivering.call('GET', `/v1/transcodes/${id}`)));
    const deliveries = new Set(states.map(({ json }) => json.outputs[0].delivery.status));
    expect(deliveries).toEqual(new Set(['delivered']));
  });
};
