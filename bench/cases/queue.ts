import { join } from 'node:path';
import { makeClip } from '../../testkit/media.ts';
import { call } from '../../testkit/service.ts';
import { cacheFolder } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';
import { type V1Client, v1Client } from '../lib/v1-client.ts';

/** Number of jobs of the account that fills the queue, and of each later account. */
const MANY = 30;
const FEW = 5;
const LATER = ['b', 'c', 'd'];
const BODY = { outputFormat: 'mp4', preset: { quality: 'low' } };
/** Minimum wait that is measured, in seconds. An error of 0.1 s would be a large share of a shorter wait. */
const LEAST_SECONDS = 1;

interface Seen {
  account: string;
  id: string;
  asked: number;
  /** Announced start in milliseconds since 1970. Null if the event announced no start. */
  expected: number | null;
}

interface Account {
  client: V1Client;
  url: string;
}

interface Wait {
  account: string;
  seconds: number;
  expectedSeconds: number;
}

/** Compares the start that events announce for a job with the real start: one account fills the queue, and other accounts follow. */
export async function queue({ progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench({ AIRLOCK_WORKER_SLOTS: '3' });
  try {
    const accounts = await openAccounts(bench);
    const seen: Seen[] = [];
    progress('jobs that show how long they take');
    const { client } = accounts.get('a')!;
    for (const { id } of await submit(accounts, 'a', 4)) await client.completed(id);
    progress(`${MANY} jobs of one account, then ${FEW} of each of ${LATER.length}`);
    const many = await submit(accounts, 'a', MANY);
    seen.push(...many);
    for (const [index, account] of LATER.entries()) {
      await client.completed(many[3 * index]!.id);
      seen.push(...(await submit(accounts, account, FEW)));
    }
    const waits = await waitsOf(accounts, seen);
    const long = waits.filter(({ seconds }) => seconds >= LEAST_SECONDS);
    return {
      rows: [
        ratioRow(
          'expected wait / wait, jobs of the account with many',
          long.filter(({ account }) => account === 'a'),
        ),
        ratioRow(
          'expected wait / wait, jobs of accounts that came later',
          long.filter(({ account }) => account !== 'a'),
        ),
      ],
      raw: { waits },
      notes: ['ranges are from the tenth to the ninetieth percentile'],
    };
  } finally {
    await bench.close();
  }
}

async function openAccounts({ service }: Bench): Promise<Map<string, Account>> {
  const clip = await makeClip(join(cacheFolder(), 'queue.mp4'), { seconds: 3, size: '320x180', rate: 25 });
  const accounts = new Map<string, Account>();
  for (const account of ['a', ...LATER]) {
    const { key } = await service.makeKey('--account', `queue-${account}`);
    const client = v1Client((method, path, body) => call(`${service.api}${path}`, method, key, body));
    accounts.set(account, { client, url: await client.upload(clip) });
  }
  return accounts;
}

async function submit(accounts: Map<string, Account>, account: string, count: number): Promise<Seen[]> {
  const { client, url } = accounts.get(account)!;
  const seen: Seen[] = [];
  for (let index = 0; index < count; index += 1) {
    const { id } = await client.create({ inputs: [{ url }], ...BODY });
    const { json } = await client.call('GET', `/v1/transcodes/${id}/events?types=transcode.queued`);
    const expected = json.events[0]?.data.expected_start_at;
    seen.push({ account, id, asked: Date.now(), expected: expected ? Date.parse(expected) : null });
  }
  return seen;
}

/** Returns the waits of the jobs whose event announced a start. */
async function waitsOf(accounts: Map<string, Account>, seen: readonly Seen[]): Promise<Wait[]> {
  const waits = await Promise.all(
    seen.map(async ({ account, id, asked, expected }) => {
      if (expected === null) return [];
      const { started_at } = await accounts.get(account)!.client.completed(id);
      const seconds = (Date.parse(started_at!) - asked) / 1000;
      return [{ account, seconds, expectedSeconds: (expected - asked) / 1000 }];
    }),
  );
  return waits.flat();
}

function ratioRow(what: string, waits: readonly Wait[]) {
  const ratios = waits.map(({ seconds, expectedSeconds }) => expectedSeconds / seconds);
  const range = { min: percentile(ratios, 0.1), max: percentile(ratios, 0.9) };
  const value = percentile(ratios, 0.5);
  return bounded({ case: 'queue', what: `${what} (${waits.length})` }, { value, ...range }, null, '', 2);
}
