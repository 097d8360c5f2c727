import { join } from 'node:path';
import { makeClip } from '../../testkit/media.ts';
import { call } from '../../testkit/service.ts';
import { cacheFolder } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';
import { type V1Client, v1Client } from '../lib/v1-client.ts';

/** Jobs of the account that fills the queue, and of each that comes later. */
const MANY = 30;
const FEW = 5;
const LATER = ['b', 'c', 'd'];
const BODY = { outputFormat: 'mp4', preset: { quality: 'low' } };
/** Shorter waits are left out: a tenth of a second is nothing to wait for, and a large share of nothing. */
const LEAST_SECONDS = 1;

interface Seen {
  account: string;
  id: string;
  asked: number;
  expected: number;
}

/** What events say about the start of a job, and when it started: one account fills the queue, others come later. */
export async function queue({ progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench({ AIRLOCK_WORKER_SLOTS: '3' });
  try {
    const clip = await makeClip(join(cacheFolder(), 'queue.mp4'), { seconds: 3, size: '320x180', rate: 25 });
    const clients = new Map<string, { client: V1Client; url: string }>();
    for (const account of ['a', ...LATER]) {
      const { key } = await bench.service.makeKey('--account', `queue-${account}`);
      const send: V1Client['call'] = (method, path, body) => call(`${bench.service.api}${path}`, method, key, body);
      const client = v1Client(send);
      clients.set(account, { client, url: await client.upload(clip) });
    }
    const seen: Seen[] = [];
    const submit = async (account: string, count: number) => {
      const { client, url } = clients.get(account)!;
      const ids: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const { id } = await client.create({ inputs: [{ url }], ...BODY });
        ids.push(id);
        const { json } = await client.call('GET', `/v1/transcodes/${id}/events?types=transcode.queued`);
        const expected = json.events[0]?.data.expected_start_at;
        if (expected) seen.push({ account, id, asked: Date.now(), expected: Date.parse(expected) });
      }
      return ids;
    };
    progress('jobs that show how long they take');
    const { client } = clients.get('a')!;
    for (const id of await submit('a', 4)) await client.completed(id);
    seen.length = 0;
    progress(`${MANY} jobs of one account, then ${FEW} of each of ${LATER.length}`);
    const many = await submit('a', MANY);
    for (const [index, account] of LATER.entries()) {
      await client.completed(many[3 * index]!);
      await submit(account, FEW);
    }
    const waits = await Promise.all(
      seen.map(async ({ account, id, asked, expected }) => {
        const { started_at } = await clients.get(account)!.client.completed(id);
        return { account, seconds: (Date.parse(started_at!) - asked) / 1000, said: (expected - asked) / 1000 };
      }),
    );
    const told = waits.filter(({ seconds }) => seconds >= LEAST_SECONDS);
    const row = (what: string, of: typeof told) => {
      const ratios = of.map(({ seconds, said }) => said / seconds);
      const range = { min: percentile(ratios, 0.1), max: percentile(ratios, 0.9) };
      const value = percentile(ratios, 0.5);
      return bounded({ case: 'queue', what: `${what} (${of.length})` }, { value, ...range }, null, '', 2);
    };
    return {
      rows: [
        row(
          'expected wait / wait, jobs of the account with many',
          told.filter(({ account }) => account === 'a'),
        ),
        row(
          'expected wait / wait, jobs of accounts that came later',
          told.filter(({ account }) => account !== 'a'),
        ),
      ],
      raw: { waits },
      notes: ['ranges are from the tenth to the ninetieth percentile'],
    };
  } finally {
    await bench.close();
  }
}
