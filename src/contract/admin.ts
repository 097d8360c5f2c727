import * as z from 'zod';
import {
  acceptedNumbers,
  NUMBER_SETTINGS,
  type NumberSettingName,
  numberFault,
  SWITCH_SETTINGS,
} from './account-settings.ts';
import { someWarnings, timestamp } from './common.ts';
import { plainText, rule } from './faults/rule.ts';
import { listOf, nextField } from './lists.ts';

const NUMBERS = Object.keys(NUMBER_SETTINGS) as NumberSettingName[];

function settings<T>(make: (name: NumberSettingName) => T) {
  return Object.fromEntries(NUMBERS.map((name) => [name, make(name)])) as Record<NumberSettingName, T>;
}

function meaning(name: NumberSettingName): string {
  const text = NUMBER_SETTINGS[name].meaning;
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

const accountName = plainText(100).min(1).describe('The name of the account.');

const awaiting = z
  .number()
  .describe('Jobs that await child jobs, deliveries, a review or an upload, and need no worker until then.');

export const account = z
  .object({
    id: z.uuid().describe('The id of the account.'),
    name: accountName,
    created_at: timestamp.describe('When it was created.'),
    disabled_at: timestamp
      .nullable()
      .describe('When it was disabled. Airlock rejects all requests of a disabled account.'),
    ...settings((name) =>
      z
        .number()
        .nullable()
        .describe(`${meaning(name)} Null: ${NUMBER_SETTINGS[name].fallback}.`),
    ),
    disarm: z.boolean().describe(`Whether to ${SWITCH_SETTINGS.disarm.meaning}.`),
  })
  .meta({ id: 'Account', description: 'An account and its limits.' });

export const accountWithUsage = account
  .extend({
    usage: z
      .object({
        keys: z.number().describe('Active keys.'),
        waiting: z.number().describe('Jobs that wait for a worker.'),
        awaiting,
        running: z.number().describe('Jobs that run.'),
        minutes: z.number().describe('Minutes of input in this month.'),
        stored_bytes: z
          .number()
          .describe('Bytes of uploads and outputs, including bytes reserved for unconfirmed upload URLs.'),
        open_uploads: z.number().describe('Unconfirmed upload URLs.'),
      })
      .describe('What it uses now.'),
    warnings: someWarnings,
  })
  .meta({ id: 'AccountWithUsage', description: 'An account, its limits and its usage.' });

export const accountList = z
  .object({ items: z.array(account).describe('Sorted by name.'), next: nextField })
  .meta({ id: 'AccountList', description: 'The accounts of this server.' });

/** The query of a list of accounts or workers: up to 1,000 in a page. */
export const serverListQuery = listOf(1000);

export const createAccountBody = z
  .object({ name: accountName })
  .meta({ id: 'CreateAccountRequest', description: 'An account to create.' });

export const changeAccountBody = z
  .object({
    ...settings((name) =>
      z
        .number()
        .superRefine((value, context) => {
          if (numberFault(name, value) === null) return;
          const message = rule(`is ${value}, which is not allowed`, `Send ${acceptedNumbers(name)}`);
          context.addIssue({ code: 'custom', message });
        })
        .nullish()
        .describe(`${meaning(name)} Null restores the default.`),
    ),
    disarm: z.boolean().optional().describe(`Whether to ${SWITCH_SETTINGS.disarm.meaning}.`),
    disabled: z.boolean().optional().describe('Whether to reject all requests of the account.'),
  })
  .meta({ id: 'ChangeAccountRequest', description: 'Limits to change. Absent fields stay unchanged.' });

export const worker = z
  .object({
    id: z.uuid().describe('The id of the worker.'),
    host: z.string().describe('A fingerprint of its machine.'),
    version: z.string().describe('The Airlock release that it runs.'),
    slots: z.number().describe('Number of jobs that it can run concurrently.'),
    heavy_slots: z.number().nullable().describe('Slots for heavy jobs, such as long encodes.'),
    running: z.number().describe('Number of jobs that it is running.'),
    tier: z.string().describe('How it confines FFmpeg.'),
    ffmpeg: z.string().describe('Its FFmpeg.'),
    self_test: z.enum(['passed', 'failed', 'running']).describe('The last self-test of its sandbox.'),
    draining: z.boolean().describe('Whether it starts no new jobs.'),
    drain_requested: z
      .boolean()
      .describe('Whether an operator has requested that it start no new jobs. It stops within ten seconds.'),
    started_at: timestamp.describe('When it started.'),
    heartbeat_at: timestamp.describe('When it last sent a heartbeat.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Worker', description: 'A worker that is alive.' });
export type WorkerView = z.infer<typeof worker>;

export const workerList = z
  .object({ items: z.array(worker).describe('Workers with a recent heartbeat, oldest first.'), next: nextField })
  .meta({ id: 'WorkerList', description: 'The workers of this server.' });

export const changeWorkerBody = z
  .object({ draining: z.boolean().describe('`true`: accept no new jobs; `false`: accept jobs again.') })
  .meta({ id: 'ChangeWorkerRequest', description: 'Whether to drain the worker.' });

const lane = z.object({
  name: z.string().describe('The class of jobs.'),
  waiting: z.number().describe('Jobs that wait for a worker.'),
  awaiting,
  running: z.number().describe('Jobs that run.'),
  oldest_seconds: z.number().describe('Seconds that the oldest waiting job has waited; 0 if none is waiting.'),
});

export const queue = z
  .object({
    waiting: z.number().describe('Jobs that wait for a worker.'),
    awaiting,
    running: z.number().describe('Jobs that run.'),
    lanes: z.array(lane).describe('The jobs of each resource class.'),
    accounts: z
      .array(
        z.object({
          id: z.uuid().describe('The id of the account.'),
          name: z.string().describe('Its name.'),
          waiting: z.number().describe('Jobs that wait for a worker.'),
          awaiting,
          running: z.number().describe('Jobs that run.'),
        }),
      )
      .describe('The accounts with the most jobs, at most 50.'),
    stranded: z
      .array(
        z.object({
          kind: z.string().describe('The kind of the jobs.'),
          needs: z.array(z.string()).describe('What they require of a worker in addition to their kind.'),
          jobs: z.number().describe('Number of waiting jobs, at most 1,000.'),
        }),
      )
      .describe(
        'Waiting jobs that no active worker can run. Start a worker that supports their kind and meets their requirements.',
      ),
  })
  .meta({ id: 'Queue', description: 'Waiting and running jobs.' });
export type QueueView = z.infer<typeof queue>;

export const storage = z
  .object({
    stored_bytes: z.number().describe('Bytes of all uploads and outputs.'),
    promised_bytes: z.number().describe('Bytes that open upload URLs and running jobs may still add.'),
    disk: z
      .object({ spare_bytes: z.number().describe('Free bytes above the reserve.') })
      .nullable()
      .describe(
        'The disk of the embedded storage; null for S3 and Google Cloud Storage, or while storage does not respond.',
      ),
    undeletable: z
      .object({
        total: z.number().int().describe('The number of objects.'),
        objects: z
          .array(
            z.object({
              id: z.string().describe('The ID of the object.'),
              account_id: z.string().describe('The account that stored the object.'),
              job_id: z.string().nullable().describe('The job that created the object; null for an upload.'),
              key: z.string().describe('The key of the object in the bucket.'),
              size: z.number().nullable().describe('The size in bytes; null if it is unknown.'),
              failures: z.number().int().describe('How often storage has rejected the deletion.'),
              error: z.string().nullable().describe("Storage's error code, or the status of its response."),
              next_attempt_at: timestamp.describe('When Airlock retries the deletion.'),
            }),
          )
          .describe('The 100 objects with the most failures.'),
      })
      .describe(
        'Objects whose deletion storage has rejected at least three times. Airlock retries each at least hourly.',
      ),
  })
  .meta({ id: 'StorageState', description: 'Stored and free bytes.' });

export const auditQuery = z.object({
  after: z.coerce.number().int().min(1).optional().describe('The `next` of the previous page. Returns older entries.'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('Number of entries per page.'),
  verify: z
    .stringbool()
    .optional()
    .describe('Whether to verify the entire chain. Takes about a second for 100,000 entries.'),
});

export const auditPage = z
  .object({
    entries: z
      .array(
        z.object({
          seq: z.number().describe('Its number; there are no gaps.'),
          at: timestamp.describe('When it was written.'),
          actor: z.string().describe('`key:<id>`, `user:<id>`, `cli`, `system` or `anonymous`.'),
          action: z.string().describe('What was done.'),
          target: z.string().nullable().describe('The id of what it was done to.'),
          result: z.string().describe('`ok`, `refused` or `failed`.'),
          ip: z.string().nullable().describe('The address of the client.'),
          request_id: z.string().nullable().describe('The `x-request-id` of the request.'),
          details: z.record(z.string(), z.unknown()).describe('Ids and numbers.'),
        }),
      )
      .describe('Newest first.'),
    next: z.number().nullable().describe('Pass it as `after` to get older entries; null if there are none.'),
    verification: z
      .object({
        ok: z.boolean().describe('Whether the log is unchanged.'),
        entries: z.number().describe('Entries that were verified.'),
        checkpoints: z.number().describe('Signed heads that were compared.'),
        broken_at: z.number().nullable().describe('The first entry that does not match.'),
        problem: z.string().nullable().describe('What is wrong with it.'),
      })
      .nullable()
      .describe('The result of `verify`; null without it.'),
  })
  .meta({ id: 'AuditPage', description: 'Entries of the audit log.' });
export type AuditPage = z.infer<typeof auditPage>;
