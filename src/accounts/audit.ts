import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { canonicalJson } from '../crypto/hash.ts';
import type { Db, Tx } from '../database/pool.ts';

export interface AuditEntry {
  /** `key:<id>`, `user:<id>`, `upload_token:<id>`, `cli`, `system` or `anonymous`. */
  actor: string;
  action:
    | 'key.created'
    | 'key.rotated'
    | 'key.revoked'
    | 'auth.refused'
    | 'limit.hit'
    | `${string}.erased`
    | 'sandbox.violation'
    | 'sandbox.self_test_failed'
    | 'account.created'
    | 'account.changed'
    | 'webhook.created'
    | 'webhook.updated'
    | 'webhook.deleted'
    | 'webhook.rotated'
    | 'webhook.disabled'
    | 'webhook_secret.rotated'
    | 'template.created'
    | 'template.updated'
    | 'template.deleted'
    | 'connection.created'
    | 'connection.deleted'
    | 'upload_token.created'
    | 'user.created'
    | 'user.link_created'
    | 'user.password_set'
    | 'user.disabled'
    | 'user.enabled'
    | 'session.opened'
    | 'session.ended'
    | 'oauth.granted'
    | 'oauth.reused'
    | 'worker.drain_requested'
    | 'worker.drain_ended';
  target?: string | null;
  result: 'ok' | 'refused' | 'failed';
  ip?: string | null;
  requestId?: string | null;
  /** Contains only ids, numbers and fixed words, never a URL, a name or a secret. */
  details?: Record<string, string | number | boolean | null>;
}

/** The actor of an entry, and the request that caused the entry. */
export type Actor = Pick<AuditEntry, 'actor' | 'ip' | 'requestId'>;

const AUDIT_LOCK = 0x41_55_44_49; // "AUDI"
/** The first row contains this value in place of the hash of a previous row. */
export const GENESIS = Buffer.alloc(32);

/** Appends a row whose hash covers the previous row. Other writers wait until the transaction ends. */
export async function appendAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${AUDIT_LOCK})`.execute(tx);
  // The time of this statement, not of the transaction, so that the times have the same order as the entries.
  const { rows } = await sql<{ at: Date; seq: number | null; hash: Buffer | null }>`
    SELECT clock_timestamp() AS at, last.seq, last.hash
    FROM (SELECT) AS one LEFT JOIN (SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1) AS last ON true`.execute(
    tx,
  );
  const last = rows[0]!;
  const row = {
    seq: (last.seq ?? 0) + 1,
    at: last.at,
    actor: entry.actor,
    action: entry.action,
    target: entry.target ?? null,
    result: entry.result,
    ip: entry.ip ?? null,
    request_id: entry.requestId ?? null,
    details: entry.details ?? {},
  };
  const previous = last.hash ?? GENESIS;
  await tx
    .insertInto('audit_log')
    .values({ ...row, details: JSON.stringify(row.details), previous, hash: hashAuditRow(row, previous) })
    .execute();
}

/** Returns a page of the log, newest first. If `after` is set, the page contains only entries with smaller numbers. */
export async function listAudit(db: Db, { after, limit }: { after?: number | undefined; limit: number }) {
  let query = db
    .selectFrom('audit_log')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query = query.where('seq', '<', after);
  const rows = await query.execute();
  const entries = rows.slice(0, limit).map((row) => ({
    seq: row.seq,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    target: row.target,
    result: row.result,
    ip: row.ip,
    request_id: row.request_id,
    details: row.details as Record<string, unknown>,
  }));
  return { entries, next: rows.length > limit ? entries.at(-1)!.seq : null };
}

type HashedRow = {
  seq: number;
  at: Date;
  actor: string;
  action: string;
  target: string | null;
  result: string;
  ip: string | null;
  request_id: string | null;
  details: unknown;
};

/** Returns the SHA-256 of the hash of the previous row and the canonical JSON of this row. */
export function hashAuditRow(row: HashedRow, previous: Buffer): Buffer {
  const text = canonicalJson({
    seq: row.seq,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    target: row.target,
    result: row.result,
    ip: row.ip,
    request_id: row.request_id,
    details: row.details,
  });
  return createHash('sha256').update(previous).update(text).digest();
}
