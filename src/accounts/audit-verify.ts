import type { Selectable } from 'kysely';
import type { Db } from '../database/pool.ts';
import type { AuditCheckpointsTable, AuditLogTable } from '../database/tables.ts';
import { isSignedBy, type PublicJwk, SIGNATURE_ALGORITHM, type Signature, type Signer } from '../ids/signing.ts';
import { GENESIS, hashAuditRow } from './audit.ts';

const BATCH = 1000;

/** The end of the log at one moment, as it is signed. Kept elsewhere, it shows a log that was truncated or rewritten. */
export interface AuditHead {
  type: 'airlock.audit-head';
  version: 1;
  seq: number;
  /** Hexadecimal hash of that row. */
  hash: string;
  at: string;
}

export interface AuditReport {
  rows: number;
  /** Signed heads that were compared. */
  checkpoints: number;
  /** Number of the first row that does not fit; null when the log is whole. */
  brokenAt: number | null;
  problem: AuditProblem | null;
  /** Hash of the last row that was read; null for an empty log. */
  head: { seq: number; hash: string } | null;
}

export type AuditProblem =
  /** A row is missing: removed, or truncated at the end. */
  | 'missing'
  /** A row's content, its place or its link to the row before differs from what was hashed. */
  | 'altered'
  /** The rows fit each other, but not what was signed: the log was rewritten from there on. */
  | 'rewritten'
  /** A signed head was itself altered, or its key is not known. */
  | 'bad_signature';

type Checkpoint = { head: AuditHead; by: Signature };

/** The newest row; null for an empty log. */
export async function auditHead(db: Db): Promise<AuditHead | null> {
  const last = await db
    .selectFrom('audit_log')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last ? headOf(last.seq, last.hash, new Date()) : null;
}

/** Signs the newest row when none has yet; several processes may do so at once. */
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
 * Walks the chain and compares it with every signed head in the database and those in `kept`, which the caller has
 * checked. `keys`: those whose signatures count.
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

/** In batches: a log of years does not fit into memory. */
async function* rowsOf(db: Db): AsyncGenerator<Selectable<AuditLogTable>> {
  // From below every number: a row that was moved before the first is found too.
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
