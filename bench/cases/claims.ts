import { randomUUID } from 'node:crypto';
import { openPool } from '../../src/database/pool.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { atLeast, bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openScratchDatabase } from '../lib/scratch-database.ts';
import { median } from '../lib/statistics.ts';

const ACCOUNTS = 1_000;
const JOBS_EACH = 100;
/** Number of concurrent claims, as in a fleet with this number of free slots. */
const CLAIMERS = 8;
const CLAIMS = 4_000;

/** Measures how many jobs a fleet can start per second while 100,000 jobs of 1,000 accounts wait. */
export async function claims({ progress }: CaseOptions): Promise<CaseResult> {
  const database = await openScratchDatabase();
  const pool = openPool(database.url, { max: CLAIMERS, role: 'bench', onError: () => {} });
  try {
    progress(`${ACCOUNTS * JOBS_EACH} waiting jobs of ${ACCOUNTS} accounts`);
    await fill(pool.pg);
    const context = { db: pool.db, kinds } as unknown as JobsContext;
    const times: number[] = [];
    const worker = { id: randomUUID(), tier: 'bwrap' };
    let left = CLAIMS;
    const claimer = async () => {
      while (left > 0) {
        left -= 1;
        const began = performance.now();
        if (!(await claimJob(context, 'light', { worker }))) throw new Error('nothing to claim');
        times.push(performance.now() - began);
      }
    };
    progress(`${CLAIMS} claims by ${CLAIMERS} concurrently`);
    const began = performance.now();
    await Promise.all(Array.from({ length: CLAIMERS }, claimer));
    const perSecond = CLAIMS / ((performance.now() - began) / 1000);
    const { rows } = await pool.pg.query(
      'SELECT max(running) - min(running) AS spread FROM account_schedule WHERE next_light IS NOT NULL',
    );
    const row = (what: string) => ({ case: 'claims', what });
    const range = { min: Math.min(...times), max: Math.max(...times) };
    return {
      rows: [
        bounded(row(`one claim, of ${CLAIMS} by ${CLAIMERS} at once`), { value: median(times), ...range }, null, 'ms'),
        atLeast(bounded(row('claims a second'), { value: perSecond }, null, '/s', 0), perSecond, 500),
        bounded(row('accounts apart in running jobs, at most'), { value: Number(rows[0].spread) }, 1, '', 0),
      ],
      raw: { times, perSecond, spread: rows[0].spread },
    };
  } finally {
    await pool.close();
    await database.close();
  }
}

async function fill(pg: ReturnType<typeof openPool>['pg']): Promise<void> {
  await pg.query(
    `INSERT INTO accounts (id, name) SELECT gen_random_uuid(), 'account ' || n FROM generate_series(1, $1::int) AS n`,
    [ACCOUNTS],
  );
  // The trigger would run once per row, so one statement writes the schedule instead.
  await pg.query('ALTER TABLE jobs DISABLE TRIGGER USER');
  await pg.query(
    `INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts, retention_seconds)
     SELECT gen_random_uuid(), accounts.id, 'transcode', 'light', 'pending', now() - random() * interval '1 hour', false,
       '{"v":1}', 3600 FROM accounts, generate_series(1, $1::int)`,
    [JOBS_EACH],
  );
  await pg.query('ALTER TABLE jobs ENABLE TRIGGER USER');
  await pg.query(
    `INSERT INTO account_schedule (account_id, next_light)
     SELECT account_id, min(available_at) FROM jobs GROUP BY account_id`,
  );
  await pg.query('ANALYZE');
}
