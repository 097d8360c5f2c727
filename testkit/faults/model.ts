import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { correctStoredTotals } from '../../src/accounts/stored-totals.ts';
import { isFinal } from '../../src/contract/common.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { sweepStaging } from '../../src/uploads/staging.ts';
import type { Client, Json } from './client.ts';
import { columnsWith, type EventRow, eventsOf, openWork, sealedLeft, skipPauses, usageOf } from './database-check.ts';
import type { Lane } from './lane.ts';
import type { Made, MadeJob, Scene } from './scenarios.ts';
import { compareStorage, filesWith, leftInStorage, transientPaths } from './storage-check.ts';

/** What a run without faults leaves. A run with a fault must leave the same. */
export interface Baseline {
  usage: { minutes: number; jobs: number };
  /** Types of the events of each job, and of the events without a job. */
  events: string[];
  /** Types of the events that arrived as webhooks. */
  webhooks: string[];
  /** Statuses and outputs of each job. */
  shown: string[];
  /** Sealed columns that have a value after the erase. */
  sealed: string[];
}

export interface RunState {
  lane: Lane;
  scene: Scene;
  /** Id of the account. */
  account: string;
  made: Made;
  /** Temporary paths that earlier runs have left. */
  known: ReadonlySet<string>;
}

/** Begins the text of a violation if a job or an attempt has not ended. */
export const STILL_OPEN = 'open: ';

/** Milliseconds until everything that a run leaves open must have ended. */
const SETTLE_MS = 100_000;
const PAUSE_MS = 100;
/** Milliseconds after which a difference stays. A sweep of the leader, which removes some differences, runs every 5 seconds. */
const STUCK_MS = 7_000;

/** Checks a run after its jobs are final, erases the jobs, and checks what is left. Returns what is wrong. */
export async function checkRun(
  run: RunState,
  baseline: Baseline | null,
): Promise<{ violations: string[]; baseline: Baseline }> {
  const { lane, account, made } = run;
  const violations: string[] = [];
  if (!made.isErased) violations.push(...(await settled('after the job', () => beforeErase(run))));
  const seen = await observe(run);
  violations.push(...seen.violations);
  await erase(run);
  violations.push(...(await settled('after the erase', () => afterErase(run))));
  violations.push(...(await remains(run)));
  const found: Baseline = { ...seen.baseline, sealed: await sealedLeft(lane, account) };
  if (baseline) violations.push(...differences(baseline, found));
  return { violations: [...new Set(violations)], baseline: found };
}

/**
 * Repeats a check until it finds nothing, or for `STUCK_MS` the same while nothing is open. Returns what it finds in the end.
 */
async function settled(when: string, check: () => Promise<string[]>): Promise<string[]> {
  const end = performance.now() + SETTLE_MS;
  let last = '';
  let since = performance.now();
  for (;;) {
    const found = await check();
    const text = found.join();
    if (text !== last) since = performance.now();
    last = text;
    const isStuck = performance.now() - since > STUCK_MS && !found.some((one) => one.startsWith(STILL_OPEN));
    if (found.length === 0 || isStuck || performance.now() > end) return found.map((one) => `${when}: ${one}`);
    await sleep(PAUSE_MS);
  }
}

async function beforeErase(run: RunState): Promise<string[]> {
  const { lane, account, made, scene } = run;
  await skipPauses(lane, account);
  const open = (await openWork(lane, account)).map((one) => `${STILL_OPEN}${one}`);
  if (open.length > 0) return open;
  await sweepExpired(lane.context);
  await sweepStaging(lane.context);
  return [
    ...(await compareStorage(lane, account)),
    ...(await temporary(run)),
    ...(await missingWebhooks(lane, account, scene)),
    ...made.delivered.flatMap((path) => (scene.receiver.files(path).length > 0 ? [] : ['nothing was delivered'])),
  ];
}

async function temporary({ lane, known }: RunState): Promise<string[]> {
  const paths = (await transientPaths(lane)).filter((path) => !known.has(path));
  return paths.map(
    (path) =>
      `an entry in ${path
        .split('/')
        .slice(0, path.startsWith('work') ? 1 : 2)
        .join('/')}`,
  );
}

/** A webhook of the request must have arrived for each final event. */
async function missingWebhooks(lane: Lane, account: string, { receiver, marker }: Scene): Promise<string[]> {
  const arrived = receiver.webhooks(`/${marker}/hook`).size;
  const { rows } = await lane.pool.pg.query<{ type: string }>(
    `SELECT DISTINCT event_tx, event_id, type FROM webhook_deliveries WHERE account_id = $1`,
    [account],
  );
  const missing = rows.length - arrived;
  return missing === 0 ? [] : [`${Math.abs(missing)} webhooks ${missing > 0 ? 'are missing' : 'too many'}`];
}

async function observe(run: RunState): Promise<{ violations: string[]; baseline: Omit<Baseline, 'sealed'> }> {
  const { lane, account, made, scene } = run;
  const events = await eventsOf(lane, account);
  const violations = made.jobs.flatMap(({ id }) => eventFaults(events.filter(({ job_id }) => job_id === id)));
  const shown: string[] = [];
  for (const job of made.isErased ? [] : made.jobs) {
    const view = await scene.client.send('GET', `${job.path}/${job.id}`);
    shown.push([view.status, view.error_code, ...view.outputs.map(({ status }: Json) => status)].join(' '));
    if (view.status !== 'completed')
      violations.push(`the job is ${view.status}: ${view.error_code} ${view.error_message}`);
    violations.push(...(await wrongDownloads(scene.client, job, view)));
  }
  const corrected = await correctStoredTotals(lane.context.db);
  if (corrected > 0) violations.push('the totals of stored bytes were wrong');
  const types = events.map(({ type, data }) => [type, data.position].filter((part) => part !== undefined).join(' '));
  const counted = types.filter((type) => !/\.(started|retrying|awaiting_children|step)\b/.test(type)).sort();
  const webhooks = [...scene.receiver.webhooks(`/${scene.marker}/hook`).values()].map(({ type }) => type).sort();
  return { violations, baseline: { usage: await usageOf(lane, account), events: counted, webhooks, shown } };
}

/** Downloads each output, and compares it with its hash. */
async function wrongDownloads(client: Client, { path, id }: MadeJob, view: Json): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, status, sha256, files, url } of view.outputs) {
    // Outputs of blueprint runs have links. Outputs of other jobs have `gs://` URLs, which only jobs can read.
    if (url?.startsWith('http') && (await client.get(url)).status !== 200)
      faults.push('the link to an output does not work');
    // Many files are downloaded as a zip, whose hash is not known.
    if (status !== 'completed' || files > 1) continue;
    const response = await client.ask('GET', `${path}/${id}/download?output=${encodeURIComponent(name)}`);
    if (response.status !== 200) {
      faults.push(`the download of a completed output is ${response.status} ${response.json?.code}`);
      continue;
    }
    const { bytes } = await client.get(response.json.url);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) faults.push('a download has another hash');
  }
  return faults;
}

/** Events of a job begin with `queued`, and end with one final event. A deletion may follow. */
function eventFaults(events: readonly EventRow[]): string[] {
  const names = events.map(({ type }) => type.replace(/^[a-z_]+\./, ''));
  const finals = names.filter((name) => isFinal(name));
  const last = names.filter((name) => name !== 'deleted').at(-1);
  const isOrdered = names[0] === 'queued' && last !== undefined && isFinal(last);
  return [
    ...(finals.length === 1 ? [] : [`${finals.length} final events`]),
    ...(isOrdered ? [] : [`events in the wrong order: ${names.join(' ')}`]),
  ];
}

async function erase({ made, scene: { client } }: RunState): Promise<void> {
  for (const { path, id } of made.jobs) await client.send('DELETE', `${path}/${id}`, undefined, [200, 204, 404]);
  for (const name of made.uploads) await client.send('DELETE', `/v1/uploads/${name}`, undefined, [200, 204, 404]);
}

/** Checks the receipts, and what they report. */
async function afterErase(run: RunState): Promise<string[]> {
  const { lane, account, made, scene } = run;
  const faults: string[] = [];
  for (const { path, id } of made.jobs) {
    const { receipt } = await scene.client.send('GET', `${path}/${id}/receipt`);
    if (!receipt.complete) faults.push(`the receipt is incomplete: ${reasonsOf(receipt).join(', ')}`);
  }
  return [...faults, ...(await leftInStorage(lane, account)), ...(await temporary(run))];
}

/** Returns the parts of a receipt that are not deleted. */
function reasonsOf({ remaining, working_copies: copies, upload_urls: urls }: Json): string[] {
  return [
    ...remaining.map(({ kind, state }: Json) => `${kind} ${state}`),
    ...copies.filter((copy: Json) => copy.removed_at === null).map(() => 'a working copy'),
    ...urls.filter((url: Json) => url.closed_at === null || url.holds_bytes).map(() => 'an upload URL'),
  ];
}

/** Searches the storage, the work folders and the database for texts and bytes of the customer. */
async function remains({ lane, scene: { marker } }: RunState): Promise<string[]> {
  const found = [...(await filesWith(lane, marker)), ...(await columnsWith(lane, marker))];
  return found.map((one) => `after the erase: ${one}`);
}

function differences(expected: Baseline, found: Baseline): string[] {
  return (Object.keys(expected) as (keyof Baseline)[]).flatMap((name) => {
    const [before, now] = [JSON.stringify(expected[name]), JSON.stringify(found[name])];
    return before === now ? [] : [`${name} differ: ${now} instead of ${before}`];
  });
}
