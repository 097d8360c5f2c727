import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit } from '../../src/accounts/audit.ts';
import { type AuditHead, auditHead, signAuditHead, verifyAudit } from '../../src/accounts/audit-verify.ts';
import { listSigningKeys, registerSigningKey } from '../../src/accounts/signing-keys.ts';
import { createSigner } from '../../src/crypto/signing.ts';
import { blocks, readPage } from '../docs/pages.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';

const ROWS = 20;
const CHECKPOINT = 15;

describe('the audit log', () => {
  let database: TestDatabase;
  const signer = createSigner(Buffer.alloc(32, 1));
  const keys = [signer.key];
  let kept: AuditHead;
  const append = (n: number) =>
    database.db.transaction().execute((tx) =>
      appendAudit(tx, {
        actor: 'cli',
        action: 'key.created',
        target: `target-${n}`,
        result: 'ok',
        details: { n, last: true },
      }),
    );

  beforeAll(async () => {
    database = await makeDatabase();
    const { db, pg } = database;
    expect(await auditHead(db)).toBeNull();
    await signAuditHead(db, signer);
    expect(await verifyAudit(db, { keys })).toMatchObject({ rows: 0, checkpoints: 0, problem: null, head: null });
    await Promise.all(Array.from({ length: CHECKPOINT }, (_, n) => append(n)));
    // Two processes may sign at the same time, which results in one head.
    await Promise.all([signAuditHead(db, signer), signAuditHead(db, signer)]);
    await Promise.all(Array.from({ length: ROWS - CHECKPOINT }, (_, n) => append(n)));
    kept = (await auditHead(db))!;
    await pg.query('CREATE TABLE kept_log AS SELECT * FROM audit_log');
    await pg.query('CREATE TABLE kept_heads AS SELECT * FROM audit_checkpoints');
  });
  afterAll(() => database?.drop());

  async function tampered<T>(change: string, look: () => Promise<T>): Promise<T> {
    const { pg } = database;
    await pg.query(change);
    try {
      return await look();
    } finally {
      await pg.query('DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM kept_log');
      await pg.query('DELETE FROM audit_checkpoints; INSERT INTO audit_checkpoints SELECT * FROM kept_heads');
    }
  }

  it('is one intact chain after twenty concurrent writers', async () => {
    expect(await verifyAudit(database.db, { keys, kept: [kept] })).toEqual({
      rows: ROWS,
      checkpoints: 2,
      brokenAt: null,
      problem: null,
      head: { seq: ROWS, hash: kept.hash },
    });
  });

  const drop = (from: number) => `DELETE FROM audit_log WHERE seq >= ${from}`;
  const swap = `UPDATE audit_log SET seq = -7 WHERE seq = 7; UPDATE audit_log SET seq = 7 WHERE seq = 8;
    UPDATE audit_log SET seq = 8 WHERE seq = -7`;
  it.each([
    ['an altered target', `UPDATE audit_log SET target = 'x' WHERE seq = 7`, 7, 'altered'],
    ['an altered detail', `UPDATE audit_log SET details = jsonb_set(details, '{n}', '99') WHERE seq = 7`, 7, 'altered'],
    ['an altered time', `UPDATE audit_log SET at = at + interval '1 ms' WHERE seq = 7`, 7, 'altered'],
    ['a removed row', 'DELETE FROM audit_log WHERE seq = 7', 7, 'missing'],
    ['a removed first row', 'DELETE FROM audit_log WHERE seq = 1', 1, 'missing'],
    [
      'a hash of another row',
      'UPDATE audit_log SET hash = (SELECT hash FROM audit_log WHERE seq = 6) WHERE seq = 7',
      7,
      'altered',
    ],
    [
      'a removed row whose gap was closed',
      'DELETE FROM audit_log WHERE seq = 7; UPDATE audit_log SET seq = seq - 1 WHERE seq > 7',
      7,
      'altered',
    ],
    ['two swapped rows', swap, 7, 'altered'],
    ['a row moved before the first', 'UPDATE audit_log SET seq = -3 WHERE seq = 7', 1, 'altered'],
    ['an end truncated below a signed head', drop(11), 11, 'missing'],
    ['an emptied log', drop(1), 1, 'missing'],
    ['a head with another hash', `UPDATE audit_checkpoints SET hash = sha256('x')`, CHECKPOINT, 'rewritten'],
    [
      'a head signed with another key',
      `UPDATE audit_checkpoints SET signature = sha256('x') || sha256('y')`,
      CHECKPOINT,
      'bad_signature',
    ],
  ])('detects %s', async (_name, change, brokenAt, problem) => {
    expect(await tampered(change, () => verifyAudit(database.db, { keys }))).toMatchObject({ brokenAt, problem });
    expect((await verifyAudit(database.db, { keys })).problem).toBeNull();
  });

  it('detects a truncation that includes the signed heads, if an older head is compared', async () => {
    const cut = `${drop(18)}; DELETE FROM audit_checkpoints`;
    const [alone, compared] = await tampered(cut, () =>
      Promise.all([verifyAudit(database.db, { keys }), verifyAudit(database.db, { keys, kept: [kept] })]),
    );
    expect(alone.problem).toBeNull();
    expect(compared).toMatchObject({ brokenAt: 18, problem: 'missing' });
  });

  it('stays valid when a leaked key is deleted as documented, but not if the heads that the key signed are kept', async () => {
    const { db } = database;
    const other = createSigner(Buffer.alloc(32, 2));
    for (const { key } of [signer, other]) await registerSigningKey(db, key);
    const [forget] = blocks(readPage('docs/receipts.md').text, ['sql']);
    await tampered(forget!.replaceAll('KID', signer.key.kid), async () => {
      expect(await listSigningKeys(db)).toEqual([other.key]);
      await signAuditHead(db, other);
      const report = await verifyAudit(db, { keys: await listSigningKeys(db) });
      expect(report).toMatchObject({ problem: null, checkpoints: 1 });
    });
    expect(await verifyAudit(db, { keys: [other.key] })).toMatchObject({ problem: 'bad_signature' });
  });

  it('detects an end that was truncated and written again', async () => {
    const report = await tampered(drop(11), async () => {
      for (let n = 11; n <= ROWS; n++) await append(n);
      return verifyAudit(database.db, { keys });
    });
    expect(report).toMatchObject({ brokenAt: CHECKPOINT, problem: 'rewritten' });
  });
});
