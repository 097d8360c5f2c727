import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, ensureAccount } from '../../src/accounts/accounts.ts';
import { type CreateBody, createBody, type Job } from '../../src/contract/transcodes.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { createRowGuard } from '../../src/database/row-guard.ts';
import type { ResourceClass } from '../../src/database/tables.ts';
import { reviewRequest } from '../../src/ffmpeg/index.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { completeJob } from '../../src/jobs/finish.ts';
import { reserveOutput } from '../../src/jobs/outputs.ts';
import { outputsOf } from '../../src/jobs/read.ts';
import type { Claim, JobOutput, Job as JobRow, OutputFacts } from '../../src/jobs/rows.ts';
import { confirmUpload } from '../../src/kinds/inspection/confirm.ts';
import type { Admission, KindsContext, SubmittedJob } from '../../src/kinds/kind.ts';
import { listJobs } from '../../src/kinds/list-jobs.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { submitJob } from '../../src/kinds/submit.ts';
import { admitTranscode, type TranscodeSubmission } from '../../src/kinds/transcode/admit.ts';
import { transcode } from '../../src/kinds/transcode/index.ts';
import { planJson } from '../../src/kinds/transcode/request.ts';
import { viewSubmitted, viewTranscode } from '../../src/kinds/transcode/view.ts';
import { outputKey } from '../../src/storage/keys.ts';
import type { Planner } from '../../src/threads/planning/index.ts';
import { presignUpload } from '../../src/uploads/presign.ts';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { makeDatabase, type TestDatabase } from './database.ts';
import { acceptInspection, claimInspection } from './inspections.ts';

interface Backend {
  context: KindsContext;
  database: TestDatabase;
  gateway: EmbeddedGateway;
}

/** The functions on jobs and uploads, with a real PostgreSQL and a real gateway, but without the processes of a service. */
export interface JobWorld extends Backend {
  account(
    limits?: Partial<
      Pick<
        Account,
        | 'max_concurrent'
        | 'max_queued'
        | 'retention_seconds'
        | 'monthly_minutes'
        | 'max_stored_bytes'
        | 'max_open_uploads'
      >
    >,
  ): Promise<Account>;
  /** Accepts a job with the inputs in `body` or with a default source URL. The default class is `light`. */
  accept(
    account: Account,
    body?: Partial<CreateBody>,
    assets?: Admission['assets'],
    resourceClass?: ResourceClass,
  ): Promise<JobRow>;
  /** Accepts a job like `accept`, and returns it as the response to a create shows it. */
  acceptShown(account: Account, body: Partial<CreateBody>): Promise<Job>;
  claim(workerId?: string): Promise<Claim | null>;
  /** Claims a job, and throws if none is waiting. */
  mustClaim(workerId?: string): Promise<Claim>;
  /** Reserves and stores a few bytes as the output at this position, by default as the first output. */
  store(claim: Claim, position?: number): Promise<{ objectId: string; key: string }>;
  complete(claim: Claim, objectId: string, facts?: OutputFacts): Promise<boolean>;
  /** Presigns, sends and confirms an upload, whose inspection finds a clip of ten seconds. */
  upload(
    account: Account,
    name?: string,
  ): Promise<{ id: string; fileUrl: string; objectId: string; key: string; uploadUrl: string }>;
  /** Uploads a file that a running worker inspects. */
  uploadFile(account: Account, bytes: Buffer): Promise<{ fileUrl: string }>;
  presign(
    account: Account,
    name?: string,
    bytes?: Buffer,
  ): Promise<{ filename: string; stagingKey: string; id: string; bytes: Buffer; uploadUrl: string }>;
  row(id: string): Promise<JobRow>;
  outputs(id: string): Promise<JobOutput[]>;
  /** Returns the transcodes of the account as clients see them. */
  list(account: Account): Promise<Job[]>;
  /** Returns the job as clients see it. */
  view(id: string): Promise<Job>;
  /** Returns the types of the job's events, without the events of its outputs. */
  events(jobId: string): Promise<string[]>;
  attempts(jobId: string): Promise<{ number: number; state: string; error_code: string | null }[]>;
  /** Makes waiting jobs due now, regardless of their delay. */
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
/** Facts about an uploaded video. */
export const SUMMARY = {
  duration_seconds: 10,
  format: 'mp4',
  size_bytes: 64,
  video_codec: 'h264',
  audio_codec: null,
  width: 320,
  height: 180,
  fps: 25,
};

export async function makeJobWorld(options: { retentionSeconds?: number } = {}): Promise<JobWorld> {
  const database = await makeDatabase();
  const gateway = await startEmbeddedGateway();
  const context: KindsContext = {
    db: database.db,
    kinds,
    store: gateway.store,
    rows: createRowGuard({ ping: () => gateway.store.ping(), onFailure: () => {} }),
    vault: createVault(randomBytes(32)),
    retentionSeconds: options.retentionSeconds ?? 3600,
  };
  const backend: Backend = { context, database, gateway };
  return {
    ...backend,
    account: (limits = {}) => makeAccount(backend, limits),
    accept: (account, body = {}, assets = [], resourceClass = 'light') =>
      acceptJob(context, account, body, { assets, resourceClass, show: ({ job }) => job }),
    acceptShown: (account, body) =>
      acceptJob(context, account, body, {
        ...{ assets: [], resourceClass: 'light' },
        show: (submitted) => viewSubmitted(context, submitted),
      }),
    ...claiming(backend),
    ...uploading(backend),
    ...reading(backend),
    async skipDelays() {
      await database.pg.query(`UPDATE jobs SET available_at = now() WHERE status = 'pending' AND available_at > now()`);
    },
    async close() {
      await gateway.close();
      await database.drop();
    },
  };
}

async function makeAccount({ database }: Backend, limits: Parameters<JobWorld['account']>[0] = {}): Promise<Account> {
  const name = `account-${randomBytes(6).toString('hex')}`;
  const account = await database.db.transaction().execute((tx) => ensureAccount(tx, name, 'cli'));
  if (Object.keys(limits).length === 0) return account;
  return database.db
    .updateTable('accounts')
    .set(limits)
    .where('id', '=', account.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

interface Acceptance<Shown> extends Pick<Admission, 'assets' | 'resourceClass'> {
  show: (submitted: SubmittedJob) => Shown;
}

function acceptJob<Shown>(
  context: KindsContext,
  account: Account,
  body: Partial<CreateBody>,
  { assets, resourceClass, show }: Acceptance<Shown>,
): Promise<Shown> {
  const request: CreateBody = {
    ...{ inputs: [{ url: 'https://source.example/clip.mp4?token=s' }], outputFormat: 'mp4' as const },
    ...body,
  };
  // Checks the request as the API does, because a worker could not read a request that no client can send.
  const { error } = createBody.safeParse(request);
  if (error) throw new Error(`no client can send this request: ${error.issues[0]!.path.join('.')}`);
  // The test chooses the resource class, and may add assets that the request does not name.
  const kind = {
    ...transcode,
    admit: async (...given: Parameters<typeof admitTranscode>): Promise<Admission> => {
      const admission = await admitTranscode(...given);
      return { ...admission, resourceClass, ...(assets.length > 0 && { assets }) };
    },
  };
  const services = {
    context,
    planner: {
      review: async ({ request, infos }: Parameters<Planner['review']>[0]) => reviewRequest(request, infos),
    },
    checkSourceUrl: () => ({ ok: true }),
    checkWebhookUrl: () => ({ ok: true }),
    settings: { maxUploadBytes: 2_048_576_000 },
  };
  return submitJob<TranscodeSubmission, Shown>(
    services,
    kind,
    { account, keyId: null, ownKeys: null, requestId: 'test', mayUpload: true },
    { body: request, sent: request, warnings: [] },
    { idempotency: { key: null, route: 'transcodes', body: request }, answer: show },
  );
}

function claiming({ context, gateway }: Backend): Pick<JobWorld, 'claim' | 'mustClaim' | 'store' | 'complete'> {
  const claim = (workerId = uuidv7()) => claimJob(context, 'light', { worker: { id: workerId, tier: 'bwrap' } });
  return {
    claim,
    async mustClaim(workerId) {
      const claimed = await claim(workerId);
      if (!claimed) throw new Error('nothing waits');
      return claimed;
    },
    async store(claimed, position = 0) {
      const key = outputKey(claimed.job.account_id, claimed.job.id, claimed.attemptId, 'mp4', position);
      const object = { key, contentType: 'video/mp4', size: OUTPUT.size, sha256: OUTPUT.sha256 };
      const objectId = await reserveOutput(context, claimed, object);
      const path = join(gateway.root, '..', objectId);
      await writeFile(path, randomBytes(OUTPUT.size));
      await context.store.putFile(key, path, { contentType: 'video/mp4', size: OUTPUT.size });
      return { objectId, key };
    },
    complete(claimed, objectId, facts = OUTPUT) {
      return completeJob(context, claimed, {
        outputs: [{ outputId: claimed.outputs[0]!.id, objectId, facts }],
        plan: planJson.write({ args: [], source: 'defaults' }),
        ...{ warnings: [], inputSeconds: 61, attempt: FACTS },
      });
    },
  };
}

function uploading({ context, database }: Backend): Pick<JobWorld, 'presign' | 'upload' | 'uploadFile'> {
  const presign: JobWorld['presign'] = async (account, name = 'clip.mp4', bytes = randomBytes(64)) => {
    const body = { filename: name, contentType: 'video/mp4', fileSize: bytes.length } as const;
    const { answer: signed } = await database.db
      .transaction()
      .execute((tx) => presignUpload(context, tx, account, body, null));
    const { uploadUrl, filename } = signed;
    const response = await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: bytes });
    if (response.status !== 200) throw new Error(`PUT: ${response.status}`);
    const { id, staging_key } = await database.db
      .selectFrom('uploads')
      .select(['id', 'staging_key'])
      .where('account_id', '=', account.id)
      .where('name_fingerprint', '=', context.vault.fingerprint(filename))
      .executeTakeFirstOrThrow();
    return { filename, stagingKey: staging_key, id, bytes, uploadUrl };
  };
  const confirm = (account: Account, sent: { filename: string; bytes: Buffer }) =>
    confirmUpload(
      context,
      account,
      { filename: sent.filename, fileSize: sent.bytes.length },
      { listen: () => () => new Promise((resolve) => setTimeout(resolve, 10)), maxMs: 60_000 },
    );
  return {
    presign,
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
        objectId: inspection.claim.inputs[0]!.object_id!,
        key: inspection.objectKey,
        uploadUrl: sent.uploadUrl,
      };
    },
    uploadFile: async (account, bytes) => confirm(account, await presign(account, 'clip.mp4', bytes)),
  };
}

function reading({
  context,
  database: { db },
}: Backend): Pick<JobWorld, 'row' | 'outputs' | 'list' | 'view' | 'events' | 'attempts'> {
  const row = (id: string) => db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  return {
    row,
    outputs: (id) => outputsOf(db, [id]),
    async list({ id }) {
      const query = { page: 1, limit: 20 };
      const { items } = await listJobs(context, transcode, { accountId: id, ownKeys: null }, query);
      return items as Job[];
    },
    async view(id) {
      return viewTranscode(context, db, await row(id));
    },
    async events(jobId) {
      const rows = await db
        .selectFrom('events')
        .select('type')
        .where('job_id', '=', jobId)
        .orderBy('tx')
        .orderBy('id')
        .execute();
      return rows.map(({ type }) => type.replace('transcode.', '')).filter((type) => type !== 'output_ready');
    },
    attempts: (jobId) =>
      db
        .selectFrom('attempts')
        .select(['number', 'state', 'error_code'])
        .where('job_id', '=', jobId)
        .orderBy('number')
        .execute(),
  };
}
