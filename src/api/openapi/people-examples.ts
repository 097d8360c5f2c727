import { NUMBER_SETTINGS, type NumberSettingName } from '../../contract/account-settings.ts';
import type { AuditPage, QueueView, WorkerView } from '../../contract/admin.ts';
import type { SessionView } from '../../contract/people.ts';
import type { Usage } from '../../contract/usage.ts';
import { AT, ID, LATER } from './example-values.ts';

const session: SessionView = {
  user: { id: ID, email: 'ada@example.org', role: 'admin' },
  account: { id: ID, name: 'default' },
  csrf: 'Xb3…',
  expires_at: '2026-05-29T14:30:45.000Z',
};

const usage: Usage = {
  period: '2026-05',
  quota: { minutes: 1000, stored_bytes: 100_000_000_000 },
  usage: { jobs: 3, minutes: 7, stored_bytes: 52_428_800, by_day: [{ day: '2026-05-22', jobs: 3, minutes: 7 }] },
  remaining: { minutes: 993, stored_bytes: 99_947_571_200 },
};

const defaults = Object.fromEntries(Object.keys(NUMBER_SETTINGS).map((name) => [name, null]));
const account = {
  id: ID,
  name: 'partner',
  created_at: AT,
  disabled_at: null,
  ...(defaults as Record<NumberSettingName, null>),
  max_concurrent: 16,
  disarm: false,
};
const accountWithUsage = {
  ...account,
  usage: { keys: 2, waiting: 0, awaiting: 0, running: 1, minutes: 7, stored_bytes: 52_428_800, open_uploads: 0 },
};

const worker: WorkerView = {
  ...{ id: ID, host: 'encoder-1', version: '0.1.0', slots: 4, heavy_slots: 2, running: 1, tier: 'bwrap' },
  ...{ ffmpeg: '7.1.2', self_test: 'passed', draining: false, drain_requested: false },
  ...{ started_at: AT, heartbeat_at: AT },
};

const undeletable = {
  ...{ id: ID, account_id: ID, job_id: ID, key: `accounts/${ID}/outputs/${ID}.mp4`, size: 10_485_760, failures: 3 },
  ...{ error: 'AccessDenied', next_attempt_at: AT },
};

const queue: QueueView = {
  waiting: 3,
  awaiting: 1,
  running: 1,
  lanes: [{ name: 'heavy', waiting: 3, awaiting: 1, running: 1, oldest_seconds: 12 }],
  accounts: [{ id: ID, name: 'default', waiting: 3, awaiting: 1, running: 1 }],
  stranded: [],
};

const audit: AuditPage = {
  entries: [
    {
      ...{ seq: 17, at: AT, actor: `user:${ID}`, action: 'key.created', target: ID, result: 'ok' },
      ...{ ip: '203.0.113.7', request_id: ID, details: {} },
    },
  ],
  next: null,
  verification: { ok: true, entries: 17, checkpoints: 2, broken_at: null, problem: null },
};

/** Examples of people, usage and administration, by the name of their schema. */
export const PEOPLE_EXAMPLES: Readonly<Record<string, unknown>> = {
  SignInRequest: { email: 'ada@example.org', password: 'correct horse battery' },
  Session: session,
  EndedSession: { id: ID, object: 'session', deleted: true },
  SetupLink: { email: 'ada@example.org', role: 'admin', account: { name: 'default' } },
  SetupRequest: { token: 'q3w…', password: 'correct horse battery' },
  Usage: usage,
  Account: account,
  AccountList: { items: [account], next: null },
  AccountWithUsage: accountWithUsage,
  CreateAccountRequest: { name: 'partner' },
  ChangeAccountRequest: { max_concurrent: 4, monthly_minutes: null },
  Worker: worker,
  WorkerList: { items: [worker], next: null },
  ChangeWorkerRequest: { draining: true },
  Queue: queue,
  StorageState: {
    ...{ stored_bytes: 52_428_800, promised_bytes: 0, disk: { spare_bytes: 80_000_000_000 } },
    undeletable: { total: 1, objects: [undeletable] },
  },
  LoadHistory: {
    interval_seconds: 60,
    points: [
      { at: AT, waiting: 3, running: 4, slots: 4, stored_bytes: 52_428_800, spare_bytes: 80_000_000_000 },
      { at: LATER, waiting: 0, running: 1, slots: 4, stored_bytes: 62_914_560, spare_bytes: 79_989_514_240 },
    ],
  },
  AuditPage: audit,
};
