import type { Selectable } from 'kysely';
import { isSignedBy, type PublicJwk, SIGNATURE_ALGORITHM, type Signature, type Signer } from '../crypto/signing.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import type { AuditCheckpointsTable, AuditLogTable } from '../database/tables.ts';
import { GENESIS, hashAuditRow } from './audit.ts';

const BATCH = 1000;

/**
 * The newest entry of the log at one time, in the form that is signed. A copy that is kept elsewhere reveals whether the log was truncated
 * or rewritten.
 */
export interface AuditHead {
  type: 'airlock.audit-head';
  version: 1;
  seq: number;
  /** Hexadecimal hash of the row `seq`. */
  hash: string;
  at: string;
}

export interface AuditReport {
  rows: number;
  /** Number of signed heads that were compared. */
  checkpoints: number;
  /** `seq` of the first row that fails verification. Null if the log is intact. */
  brokenAt: number | null;
  problem: AuditProblem | null;
  /** The last row that was read. Null for an empty log. */
  head: { seq: number; hash: string } | null;
}

export type AuditProblem =
  /** A row is missing because it was removed, or because the log was truncated. */
  | 'missing'
  /** A row's content, its position, or its link to the previous row does not match its hash. */
  | 'altered'
  /** The chain is valid but does not match a signed head: the log was rewritten before this row. */
  | 'rewritten'
  /** A signed head was altered, or was signed by an unknown key. */
  | 'bad_signature';

type Checkpoint = { head: AuditHead; by: Signature };

/** Returns the head of the log, or null for an empty log. */
export async function auditHead(db: Db): Promise<AuditHead | null> {
  const last = await db
    .selectFrom('audit_log')
    .select(['seq', 'hash', databaseNow.as('now')])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last ? headOf(last.seq, last.hash, last.now) : null;
}

/** Signs the head of the log unless it is already signed. Safe to call concurrently from several processes. */
export async function signAuditHead(db: Db, signer: Signer): Promise<void> {
  const head = await auditHead(db);
  if (!head) return;
  const { signature, key_id } = signer.sign(head);
  await db
    .insertInto('audit_checkpoints')
    .values({
      seq: head.seq,
      hash: Buffer.from(head.hash, 'hex'),
      at: new Date(head.at),
      kid: key_id,
      signature: Buffer.from(signature, 'base64url'),
    })
    .onConflict((conflict) => conflict.column('seq').doNothing())
    .execute();
}

/**
 * Verifies the chain, and compares it with every signed head in the database and in `kept`. The caller has already verified the signatures
 * of `kept`. `keys` are the trusted public keys.
 */
export async function verifyAudit(
  db: Db,
  options: { keys?: readonly PublicJwk[]; kept?: readonly AuditHead[] } = {},
): Promise<AuditReport> {
  const checkpoints = await readCheckpoints(db);
  const forged = checkpoints.find(({ head, by }) => !isSignedBy(head, by, options.keys ?? []));
  const heads = [...checkpoints.map(({ head }) => head), ...(options.kept ?? [])];
  const signed = new Map<number, string[]>();
  for (const { seq, hash } of heads) signed.set(seq, [...(signed.get(seq) ?? []), hash]);
  const report: AuditReport = { rows: 0, checkpoints: heads.length, brokenAt: null, problem: null, head: null };
  const broken = (brokenAt: number, problem: AuditProblem) => ({ ...report, brokenAt, problem });

  let previous: Buffer = GENESIS;
  for await (const row of rowsOf(db)) {
    const expected = report.rows + 1;
    if (row.seq !== expected) return broken(expected, row.seq > expected ? 'missing' : 'altered');
    if (!row.previous.equals(previous) || !hashAuditRow(row, previous).equals(row.hash)) {
      return broken(expected, 'altered');
    }
    const hash = row.hash.toString('hex');
    if (signed.get(row.seq)?.some((other) => other !== hash)) return broken(expected, 'rewritten');
    previous = row.hash;
    report.rows = expected;
    report.head = { seq: row.seq, hash };
  }
  if (Math.max(0, ...signed.keys()) > report.rows) return broken(report.rows + 1, 'missing');
  return forged ? broken(forged.head.seq, 'bad_signature') : report;
}

/** Yields the rows of the log in order. Reads them in batches, because the log of several years does not fit into memory. */
async function* rowsOf(db: Db): AsyncGenerator<Selectable<AuditLogTable>> {
  // Start below every number, to find a row that was moved before the first row.
  let last = -Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = await db
      .selectFrom('audit_log')
      .selectAll()
      .where('seq', '>', last)
      .orderBy('seq')
      .limit(BATCH)
      .execute();
    yield* rows;
    if (rows.length < BATCH) return;
    last = rows.at(-1)!.seq;
  }
}

async function readCheckpoints(db: Db): Promise<Checkpoint[]> {
  const rows = await db.selectFrom('audit_checkpoints').selectAll().orderBy('seq').execute();
  return rows.map((row: Selectable<AuditCheckpointsTable>) => ({
    head: headOf(row.seq, row.hash, row.at),
    by: { signature: row.signature.toString('base64url'), key_id: row.kid, algorithm: SIGNATURE_ALGORITHM },
  }));
}

function headOf(seq: number, hash: Buffer, at: Date): AuditHead {
  return { type: 'airlock.audit-head', version: 1, seq, hash: hash.toString('hex'), at: at.toISOString() };
}
