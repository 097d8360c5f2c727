import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobWorld, makeJobWorld } from '../../../test/helpers/job-world.ts';
import { createLogger } from '../../telemetry/index.ts';
import { startHashing } from './hash-sources.ts';

const BYTES = Buffer.from('the bytes of a source');

describe('the hash of a source', () => {
  let world: JobWorld;
  let folder: string;
  beforeAll(async () => {
    world = await makeJobWorld();
    folder = await mkdtemp(join(tmpdir(), 'airlock-hashes-'));
    await writeFile(join(folder, 'source'), BYTES);
  });
  afterAll(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Hashes the source of a new job, and returns the recorded hash. */
  async function hash(confirmed: Promise<unknown> | undefined): Promise<string | null> {
    await world.accept(await world.account());
    const claim = await world.mustClaim();
    const tools = { context: world.context, logger: createLogger({ level: 'silent', role: 'worker' }) };
    const run = { claim, folder, signal: new AbortController().signal };
    const files = [{ row: claim.inputs[0]!, file: join(folder, 'source'), isSpare: false }];
    const originals = { files, ready: Promise.resolve() };
    await startHashing({ tools, run, confirmed } as never, { originals } as never).done;
    const { rows } = await world.database.pg.query('SELECT sha256 FROM job_sources WHERE job_id = $1', [claim.job.id]);
    return rows[0].sha256;
  }

  it('is recorded only after the uploads of the job are confirmed, and not if the confirm fails', async () => {
    const sha256 = createHash('sha256').update(BYTES).digest('hex');
    expect(await hash(undefined)).toBe(sha256);
    expect(await hash(Promise.resolve())).toBe(sha256);
    const failed = Promise.reject(new Error('not confirmed'));
    failed.catch(() => {});
    expect(await hash(failed)).toBeNull();
  });
});
