import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openScratchDatabase } from '../lib/scratch-database.ts';

const KEYS = 1_000_000;
/** Number of keys in a group. In each group, one object is missing from storage, and one object has no row. */
const GAP = 100_000;
const MAX_MIB = 150;

/** Measures the additional memory of a process that reconciles a storage with a million keys. */
export async function reconcile(options: CaseOptions): Promise<CaseResult> {
  const { url, close } = await openScratchDatabase();
  try {
    options.progress(`${KEYS} rows`);
    await fill(url);
    options.progress('reconciliation in a process of its own');
    const run = join(import.meta.dirname, '..', 'lib', 'reconcile-run.ts');
    const args = ['--import', 'tsx', run, url, String(KEYS), String(GAP)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const raw = JSON.parse(stdout);
    const expected = KEYS / GAP;
    if (raw.unknownKeys !== expected || raw.lostObjects !== expected || raw.deleted !== expected) {
      throw new Error(`reconciliation found something unexpected: ${stdout}`);
    }
    const row = (what: string) => ({ case: 'reconcile', what: `${KEYS} keys: ${what}` });
    return {
      rows: [
        bounded(row('peak RSS beyond the start'), { value: raw.most - raw.before }, MAX_MIB, 'MiB', 0),
        bounded(row('peak RSS of the process'), { value: raw.most }, null, 'MiB', 0),
        bounded(row('time'), { value: raw.seconds }, null, 's'),
      ],
      raw,
    };
  } finally {
    await close();
  }
}

async function fill(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`INSERT INTO accounts (id, name) VALUES (gen_random_uuid(), 'bench')`);
    await client.query(
      `INSERT INTO objects (id, account_id, key, kind, content_type, size, state, created_at)
       SELECT gen_random_uuid(), (SELECT id FROM accounts WHERE name = 'bench'), 'outputs/' || lpad(to_hex(number), 12, '0'),
         'output', 'video/mp4', 1, 'live', now() - interval '1 day' FROM generate_series(1, $1::int) AS number`,
      [KEYS],
    );
    await client.query('ANALYZE objects');
  } finally {
    await client.end();
  }
}
