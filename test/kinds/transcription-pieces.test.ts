import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiskBudget } from '../../src/attempt/resources/disk-reservation.ts';
import { pieceResult } from '../../src/attempt/speech/piece-request.ts';
import { TRANSCRIBE, transcriptionFacts, transcriptionJson } from '../../src/attempt/speech/transcription-request.ts';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import { childrenOf, waitForChildren } from '../../src/jobs/children.ts';
import { completeJob, failAttempt } from '../../src/jobs/finish.ts';
import { insertJob } from '../../src/jobs/insert.ts';
import { reserveOutput } from '../../src/jobs/outputs.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import { executeTranscription } from '../../src/kinds/transcribe/execute.ts';
import { startPieces } from '../../src/kinds/transcribe/pieces.ts';
import { outputKey } from '../../src/storage/keys.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';

const REQUEST = transcriptionJson.write({
  language: 'en',
  task: 'transcribe',
  words: false,
  maxLine: 42,
  disarm: false,
});
const FACTS = { size: 1, sha256: '00', width: null, height: null, video_codec: null, audio_codec: null };

describe('the pieces of a long transcription', () => {
  let world: JobWorld;
  let folder: string;
  let tools: WorkTools;
  beforeAll(async () => {
    world = await makeJobWorld();
    folder = await mkdtemp(join(tmpdir(), 'airlock-transcription-'));
    tools = {
      context: world.context,
      measure: (_: string, step: () => unknown) => step(),
      onStorageUnreachable: () => {},
      settings: { outputWaitMs: 1000 },
    } as unknown as WorkTools;
  });
  afterAll(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function runOf(claim: Claim): Promise<Run> {
    const disk = new DiskBudget({
      measure: async () => ({ spareBytes: 2 ** 30, spareFiles: 1e6 }) as never,
      promised: async () => ({ bytes: 0, accounts: 1 }),
      cells: 1,
    });
    return {
      ...{ claim, folder: await mkdtemp(join(folder, 'run-')), disk: await disk.enter(claim.job.account_id) },
      ...{ signal: new AbortController().signal, lease: null as never, onReplaced: () => {}, reserved: () => {} },
    };
  }
  const execute = async (claim: Claim) => executeTranscription(tools, await runOf(claim));

  async function store(claim: Claim, text: string) {
    const key = outputKey(claim.job.account_id, claim.job.id, claim.attemptId, 'json', 0);
    const path = join(folder, randomUUID());
    await writeFile(path, text);
    const file = { contentType: 'application/json', size: Buffer.byteLength(text) };
    const objectId = await reserveOutput(world.context, claim, { key, ...file, sha256: '00' });
    await world.context.store.putFile(key, path, file);
    const output = {
      outputId: claim.outputs[0]!.id,
      objectId,
      facts: { ...FACTS, format: 'json', duration_seconds: 1 },
    };
    const nothing = { plan: null, warnings: [], inputSeconds: null, attempt: null };
    expect(await completeJob(world.context, claim, { ...nothing, outputs: [output] })).toBe(true);
    return key;
  }

  /** Inserts a transcription whose two pieces have been recognized. Returns its id and the keys of the results of the pieces. */
  async function recognizePieces() {
    const account = await world.account();
    const upload = await world.upload(account);
    const source = {
      uploadId: upload.id,
      objectId: upload.objectId,
      shownUrl: null,
      sourceUrl: null,
      name: 'a',
      inspection: null,
    };
    const { job } = await world.database.db.transaction().execute((tx) =>
      insertJob(world.context, tx, {
        ...{ kind: TRANSCRIBE, accountId: account.id, keyId: null, requestId: null, resourceClass: 'light' },
        ...{ request: { shown: REQUEST, sent: REQUEST }, facts: transcriptionFacts.write({ output_format: 'srt' }) },
        ...{
          settings: null,
          sources: [{ position: 0, asset: null, source }],
          outputs: [{ format: 'srt', name: 'a.srt' }],
        },
        ...{ warnings: [], metadata: null, retentionSeconds: 3600 },
      }),
    );
    const first = await world.mustClaim();
    const pieces = [0, 1].map((at) => ({ from: at * 1000, to: at * 1000 + 1000, speech: [] }));
    const requests = pieces.map((piece) => ({
      ...{ piece, language: 'en', task: 'transcribe' as const, disarm: false, demuxer: 'mov' },
    }));
    await startPieces(tools, await runOf(first), requests, JSON.stringify({ v: 1, durationSeconds: 2 }));
    expect(await waitForChildren(world.context, first)).toBe(true);
    const keys: string[] = [];
    for (const text of ['hello', 'world']) {
      const start = keys.length;
      const word = { start, end: start + 0.5, text, spaced: true, probability: null };
      const segments = [{ start, end: start + 0.5, words: [word] }];
      keys.push(
        await store(await world.mustClaim(), pieceResult.write({ language: 'en', isEnglishOnly: false, segments })),
      );
    }
    return { id: job.id, keys };
  }
  const claimAgain = async (id: string, worker?: string) => {
    await world.skipDelays();
    const claim = await world.mustClaim(worker);
    expect(claim.job.id).toBe(id);
    return claim;
  };
  const exist = (keys: readonly string[]) =>
    Promise.all(keys.map(async (key) => (await world.context.store.head(key)) !== null));

  it('can be read by each attempt until one commits, even if a worker dies or the database is unreachable before the commit', async () => {
    const { id, keys } = await recognizePieces();
    const worker = randomUUID();
    expect(await execute(await claimAgain(id, worker))).toMatchObject({ outcome: 'completed' });
    await recoverLost(world.context, [worker]);
    await sweepExpired(world.context);

    const second = await claimAgain(id);
    const made = await execute(second);
    if (made.outcome !== 'completed') throw new Error(made.outcome);
    const apply = async () => {
      throw new Error('Connection terminated');
    };
    await expect(completeJob(world.context, second, { ...made.completion, apply })).rejects.toThrow('terminated');
    await failAttempt(world.context, second, { code: 'internal', message: 'Failed.', retry: true }, null);
    await sweepExpired(world.context);
    expect(await exist(keys)).toEqual([true, true]);

    const third = await claimAgain(id);
    const last = await execute(third);
    if (last.outcome !== 'completed') throw new Error(last.outcome);
    expect(await completeJob(world.context, third, last.completion)).toBe(true);
    const children = await childrenOf(world.database.db, id);
    expect(children.map(({ erased_at, attempts }) => [erased_at !== null, attempts])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    await sweepExpired(world.context);
    expect(await exist(keys)).toEqual([false, false]);
    expect((await world.row(id)).status).toBe('completed');
  });
});
