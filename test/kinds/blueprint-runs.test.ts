import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeClip } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { startSource } from '../../testkit/source-server.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { openTestSandbox } from '../helpers/root-image.ts';

function makePicture(path: string): Promise<unknown> {
  return run('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'color=red:s=40x20', '-frames:v', '1', path]);
}

describe('a run of a blueprint', () => {
  let api: TestApi;
  let folder: string;
  let sandbox: Sandbox;
  let worker: Worker;
  let files: Awaited<ReturnType<typeof startSource>>;
  beforeAll(async () => {
    const sources = { allow: ['127.0.0.1/32'], ports: [443] };
    api = await startApi({}, {}, sources);
    await chmod(dirname(api.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-runs-'));
    await chmod(folder, 0o711);
    await makeClip(join(folder, 'clip.mp4'));
    files = await startSource(async (request, response) => {
      const body = await readFile(join(folder, request.url!.slice(1).replace(/\?.*/, ''))).catch(() => null);
      response.writeHead(body ? 200 : 404, { 'content-length': body?.length ?? 0 }).end(body ?? undefined);
    });
    sandbox = await openTestSandbox({ dataDir: folder, slots: 2 });
    worker = await startWorker({
      ...{ context: api.context, kinds, sandbox, onBroken: () => {}, metrics: null },
      fetcher: createFetcher({ ...sources, maxBytes: 2 ** 24, deadlineMs: 10_000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: api.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        ...{ slots: [['interactive'], ['light', 'heavy']], cores: 2, cellMemoryBytes: 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 60, outputWaitMs: 1000 },
      },
    });
  });
  afterAll(async () => {
    await worker?.drain();
    await sandbox?.close();
    files?.close();
    await api?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes its outputs of remote files', async () => {
    await makePicture(join(folder, 'logo.png'));
    const inputs = { video_url: `${files.url}/clip.mp4?sig=secret`, logo_url: `${files.url}/logo.png`, size: 'small' };
    const made = await api.call('POST', '/v1/blueprints/watermark/runs', inputs);
    expect([made.status, made.text]).toEqual([201, made.text]);
    console.log(made.text);
    const ended = (await api.call('GET', `/v1/blueprints/runs/${made.json.id}?wait=30`)).json;
    console.log(JSON.stringify(ended, null, 1));
    console.log((await api.database.pg.query('select kind,status,error_code,attempts from jobs order by id')).rows);
    const events = (await api.call('GET', `/v1/blueprints/runs/${made.json.id}/events`)).json;
    console.log(JSON.stringify(events, null, 1));
  });
});
