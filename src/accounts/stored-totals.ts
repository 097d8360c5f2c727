import { type RawBuilder, sql } from 'kysely';
import type { Database, Tx } from '../database/pool.ts';

/** Maximum number of rows that one statement adds up, which takes about 10 ms. */
const SLICE = 10_000;
/** The shard of the corrections. No trigger writes to it, so that a correction never waits for a trigger. */
const CORRECTIONS = -1;

interface Totals {
  object_bytes: number;
  open_bytes: number;
  pending: number;
  confirming: number;
  confirmed: number;
}

const NAMES = ['object_bytes', 'open_bytes', 'pending', 'confirming', 'confirmed'] as const satisfies (keyof Totals)[];
const NONE: Totals = { object_bytes: 0, open_bytes: 0, pending: 0, confirming: 0, confirmed: 0 };

/**
 * Adds up the rows of all accounts, and corrects the totals that differ. All statements see one snapshot, in which rows and totals are
 * consistent, so no locks are necessary. Returns the number of corrected accounts. Triggers maintain the totals, so any correction means
 * that a change bypassed them.
 */
export async function correctStoredTotals(db: Database): Promise<number> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const actual = new Map<string, Totals>();
      await addRows(tx, actual, 'objects', objectSums);
      await addRows(tx, actual, 'uploads', uploadSums);
      const kept = await tx
        .selectFrom('account_storage')
        .select('account_id')
        .select(NAMES.map((name) => sql<number>`sum(${sql.ref(name)})::float8`.as(name)))
        .groupBy('account_id')
        .execute();
      const keptBy = new Map<string, Totals>(kept.map((row) => [row.account_id, row]));
      let corrected = 0;
      for (const account of new Set([...actual.keys(), ...keptBy.keys()])) {
        if (await correct(tx, account, actual.get(account) ?? NONE, keptBy.get(account) ?? NONE)) corrected += 1;
      }
      return corrected;
    });
}

const objectSums = sql`
  coalesce(sum(size) FILTER (WHERE state <> 'deleted' AND NOT (kind = 'upload' AND state = 'pending')), 0)::float8 AS object_bytes,
  0 AS open_bytes, 0 AS pending, 0 AS confirming, 0 AS confirmed`;

const uploadSums = sql`
  0 AS object_bytes,
  coalesce(sum(declared_size) FILTER (WHERE state IN ('pending', 'confirming')), 0)::float8 AS open_bytes,
  count(*) FILTER (WHERE state = 'pending') AS pending,
  count(*) FILTER (WHERE state = 'confirming') AS confirming,
  count(*) FILTER (WHERE state = 'confirmed') AS confirmed`;

/** Adds the sums of a table to `totals`, in slices, so that no statement runs for long. */
async function addRows(
  tx: Tx,
  totals: Map<string, Totals>,
  table: 'objects' | 'uploads',
  sums: RawBuilder<unknown>,
): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows: ends } = await sql<{ last: string | null }>`
      SELECT (SELECT id FROM ${sql.table(table)} WHERE id > ${after} ORDER BY id OFFSET ${SLICE - 1} LIMIT 1) AS last
    `.execute(tx);
    const last = ends[0]!.last;
    const { rows } = await sql<Totals & { account_id: string }>`
      SELECT account_id, ${sums} FROM ${sql.table(table)}
      WHERE id > ${after} ${last === null ? sql`` : sql`AND id <= ${last}`} GROUP BY account_id`.execute(tx);
    for (const row of rows) {
      const sum = totals.get(row.account_id) ?? NONE;
      totals.set(row.account_id, added(sum, row, 1));
    }
    if (last === null) return;
    after = last;
  }
}

function added(one: Totals, other: Totals, sign: 1 | -1): Totals {
  return Object.fromEntries(NAMES.map((name) => [name, one[name] + sign * other[name]])) as unknown as Totals;
}

async function correct(tx: Tx, accountId: string, actual: Totals, kept: Totals): Promise<boolean> {
  const missing = added(actual, kept, -1);
  if (NAMES.every((name) => missing[name] === 0)) return false;
  await tx
    .insertInto('account_storage')
    .values({ account_id: accountId, shard: CORRECTIONS, ...missing })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'shard'])
        .doUpdateSet(
          Object.fromEntries(
            NAMES.map((name) => [name, sql<number>`account_storage.${sql.ref(name)} + ${sql.ref(`excluded.${name}`)}`]),
          ),
        ),
    )
    .execute();
  return true;
}
