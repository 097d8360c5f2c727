import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateBody, Job } from '../../src/contract/transcodes.ts';
import type { Tx } from '../../src/database/pool.ts';
import { type Account, ensureAccount } from '../../src/domain/accounts.ts';
import type { Context } from '../../src/domain/context.ts';
import { acceptTranscode, type RequestedAsset } from '../../src/domain/transcodes/accept.ts';
import { claimTranscode } from '../../src/domain/transcodes/claim.ts';
import { completeTranscode, reserveOutput } from '../../src/domain/transcodes/finish.ts';
import type { Claim, Transcode } from '../../src/domain/transcodes/row.ts';
import { viewTranscode } from '../../src/domain/transcodes/view.ts';
import { confirmUpload } from '../../src/domain/uploads/confirm.ts';
import { acceptInspection, claimInspection } from '../../src/domain/uploads/inspect.ts';
import { presignUpload } from '../../src/domain/uploads/presign.ts';
import { uuidv7 } from '../../src/ids/uuid.ts';
import { createVault } from '../../src/ids/vault.ts';
import { openQueue } from '../../src/queue/queue.ts';
import { outputKey } from '../../src/storage/keys.ts';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';

/** The domain over a real PostgreSQL and a real gateway, without the processes around it. */
export interface DomainWorld {
  context: Context;
  database: TestDatabase;
  gateway: EmbeddedGateway;
  account(
    limits?: Partial<
      Pick<
        Account,
        'max_concurrent' | 'retention_seconds' | 'monthly_minutes' | 'max_stored_bytes' | 'max_open_uploads'
      >
    >,
  ): Promise<Account>;
  /** Accepts a job with a source URL, or with the body's own inputs; lane `light`. */
  accept(account: Account, body?: Partial<CreateBody>, assets?: RequestedAsset[]): Promise<Transcode>;
  claim(workerId?: string): Promise<Claim | null>;
  /** Claims, and fails when nothing waits. */
  mustClaim(workerId?: string): Promise<Claim>;
  /** Reserves and stores an output of a few bytes. */
  store(claim: Claim): Promise<{ objectId: string; key: string }>;
  complete(claim: Claim, objectId: string): Promise<boolean>;
  /** Presign, PUT, confirm, with an inspection that finds a clip of ten seconds. */
  upload(
    account: Account,
    name?: string,
  ): Promise<{ id: string; fileUrl: string; objectId: string; key: string; uploadUrl: string }>;
  /** As `upload`, for a worker that runs and looks at the file itself. */
  uploadFile(account: Account, bytes: Buffer): Promise<{ fileUrl: string }>;
  presign(
    account: Account,
    name?: string,
    bytes?: Buffer,
  ): Promise<{ filename: string; stagingKey: string; id: string; bytes: Buffer; uploadUrl: string }>;
  row(id: string): Promise<Transcode>;
  /** The job as clients see it. */
  view(id: string): Promise<Job>;
  events(jobId: string): Promise<string[]>;
  attempts(jobId: string): Promise<{ number: number; state: string; error_code: string | null }[]>;
  /** Makes waiting queue entries due now, whatever their delay. */
  skipDelays(): Promise<void>;
  close(): Promise<void>;
}

const FACTS = { exitCode: 0, signal: null, cpuMs: 12.5, maxRssBytes: 1000, stderr: null };
const OUTPUT = {
  format: 'mp4',
  size: 32,
  duration_seconds: 10,
  width: 320,
  height: 180,
  video_codec: 'h264',
  audio_codec: null,
  sha256: '00',
};
const SUMMARY = {
  duration_seconds: 10,
  format: 'mp4',
  size_bytes: 64,
  video_codec: 'h264',
  audio_codec: null,
  width: 320,
  height: 180,
  fps: 25,
};

export async function makeDomainWorld(options: { retentionSeconds?: number } = {}): Promise<DomainWorld> {
  const database = await makeDatabase();
  const gateway = await startEmbeddedGateway();
  const queue = await openQueue(database.db, { superviseUrl: null, onError: () => {} });
  const context: Context = {
    db: database.db,
    queue,
    store: gateway.store,
    vault: createVault(randomBytes(32)),
    retentionSeconds: options.retentionSeconds ?? 3600,
  };
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.db.transaction().execute(work);
  const claim = (workerId = uuidv7()) => claimTranscode(context, 'light', { worker: { id: workerId, tier: 'bwrap' } });

  const presign: DomainWorld['presign'] = async (account, name = 'clip.mp4', bytes = randomBytes(64)) => {
    const body = { filename: name, contentType: 'video/mp4', fileSize: bytes.length } as const;
    const { answer: signed } = await inTransaction((tx) => presignUpload(context, tx, account, body, null));
    const { uploadUrl, filename } = signed;
    const answer = await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: bytes });
    if (answer.status !== 200) throw new Error(`PUT: ${answer.status}`);
    const { id, staging_key } = await database.db
      .selectFrom('uploads')
      .select(['id', 'staging_key'])
      .where('account_id', '=', account.id)
      .where('name_fingerprint', '=', context.vault.fingerprint(filename))
      .executeTakeFirstOrThrow();
    return { filename, stagingKey: staging_key, id, bytes, uploadUrl };
  };

  const row = (id: string) =>
    database.db.selectFrom('transcodes').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const confirm = (account: Account, sent: { filename: string; bytes: Buffer }) =>
    confirmUpload(
      context,
      account,
      { filename: sent.filename, fileSize: sent.bytes.length },
      { forUpload: () => new Promise((resolve) => setTimeout(resolve, 10)), maxMs: 10_000 },
    );

  return {
    context,
    database,
    gateway,
    claim,
    presign,
    async account(limits = {}) {
      const account = await inTransaction((tx) =>
        ensureAccount(tx, `account-${randomBytes(6).toString('hex')}`, 'cli'),
      );
      if (Object.keys(limits).length === 0) return account;
      return database.db
        .updateTable('accounts')
        .set(limits)
        .where('id', '=', account.id)
        .returningAll()
        .executeTakeFirstOrThrow();
    },
    accept(account, body = {}, assets = []) {
      return inTransaction((tx) =>
        acceptTranscode(context, tx, {
          account,
          keyId: null,
          requestId: 'test',
          body: { inputs: [{ url: 'https://source.example/clip.mp4?token=s' }], outputFormat: 'mp4', ...body },
          assets,
          warnings: [],
          space: null,
          lane: 'light',
        }),
      );
    },
    async mustClaim(workerId) {
      const claimed = await claim(workerId);
      if (!claimed) throw new Error('nothing waits');
      return claimed;
    },
    async store(claimed) {
      const key = outputKey(claimed.job.account_id, claimed.job.id, claimed.attemptId, 'mp4');
      const object = { key, contentType: 'video/mp4', size: OUTPUT.size, sha256: OUTPUT.sha256 };
      const objectId = await reserveOutput(context, claimed, object);
      const path = join(gateway.root, '..', objectId);
      await writeFile(path, randomBytes(OUTPUT.size));
      await context.store.putFile(key, path, { contentType: 'video/mp4', size: OUTPUT.size });
      return { objectId, key };
    },
    complete(claimed, objectId) {
      const result = { objectId, output: OUTPUT, plan: { args: [] }, warnings: [], inputSeconds: 61, attempt: FACTS };
      return completeTranscode(context, claimed, result);
    },
    async upload(account, name) {
      const sent = await presign(account, name);
      const confirmed = confirm(account, sent);
      confirmed.catch(() => {});
      let inspection = await claimInspection(context);
      while (!inspection) inspection = await claimInspection(context);
      await acceptInspection(context, inspection, {
        contentType: 'video/mp4',
        inspection: { summary: SUMMARY, info: null },
      });
      const { fileUrl } = await confirmed;
      return {
        id: sent.id,
        fileUrl,
        objectId: inspection.upload.object_id!,
        key: inspection.objectKey,
        uploadUrl: sent.uploadUrl,
      };
    },
    uploadFile: async (account, bytes) => confirm(account, await presign(account, 'clip.mp4', bytes)),
    async view(id) {
      return viewTranscode(context, database.db, await row(id));
    },
    row,
    async events(jobId) {
      const rows = await database.db
        .selectFrom('events')
        .select('type')
        .where('job_id', '=', jobId)
        .orderBy('id')
        .execute();
      return rows.map((row) => row.type);
    },
    attempts: (jobId) =>
      database.db
        .selectFrom('attempts')
        .select(['number', 'state', 'error_code'])
        .where('transcode_id', '=', jobId)
        .orderBy('number')
        .execute(),
    async skipDelays() {
      await database.pg.query(`UPDATE pgboss.job SET start_after = now() WHERE state IN ('created', 'retry')`);
    },
    async close() {
      await queue.close();
      await gateway.close();
      await database.drop();
    },
  };
}
