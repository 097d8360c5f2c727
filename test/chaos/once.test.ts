import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit, verifyAudit } from '../../src/domain/audit.ts';
import { once } from '../../src/domain/idempotency.ts';
import { type DomainWorld, makeDomainWorld } from './domain-world.ts';

describe('an idempotency key', () => {
  let world: DomainWorld;
  beforeAll(async () => {
    world = await makeDomainWorld();
  });
  afterAll(() => world?.close());

  const run = (accountId: string, key: string, body: unknown, work: () => Promise<number>) =>
    world.database.db.transaction().execute((tx) =>
      once(tx, world.context.vault, { accountId, route: 'test', key, body }, async () => ({
        status: 201,
        answer: { value: await work() },
      })),
    );

  it('lets the work happen once for eight requests at the same time, and all get its answer', async () => {
    const { id } = await world.account();
    let works = 0;
    const work = async () => {
      works += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return works;
    };
    const answers = await Promise.all(Array.from({ length: 8 }, () => run(id, 'k1', { b: 1, a: [2] }, work)));
    expect(works).toBe(1);
    expect(answers.map((answer) => answer.answer)).toEqual(Array(8).fill({ value: 1 }));
    expect(answers.filter((answer) => !answer.repeated)).toHaveLength(1);
    // The same body in another order of its fields is the same body.
    expect(await run(id, 'k1', { a: [2], b: 1 }, work)).toMatchObject({ repeated: true });
  });

  it('is refused with another body, and is another key in another account', async () => {
    const [mine, other] = [await world.account(), await world.account()];
    await run(mine.id, 'k2', { a: 1 }, async () => 1);
    await expect(run(mine.id, 'k2', { a: 2 }, async () => 2)).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect(await run(other.id, 'k2', { a: 2 }, async () => 2)).toMatchObject({ repeated: false, answer: { value: 2 } });
  });

  it('is free again when the work failed', async () => {
    const { id } = await world.account();
    const fail = () => Promise.reject(new Error('no'));
    await expect(run(id, 'k3', {}, fail)).rejects.toThrow('no');
    expect(await run(id, 'k3', {}, async () => 3)).toMatchObject({ repeated: false });
  });
});

describe('the audit log', () => {
  let world: DomainWorld;
  beforeAll(async () => {
    world = await makeDomainWorld();
    const append = (n: number) =>
      world.database.db.transaction().execute((tx) =>
        appendAudit(tx, {
          actor: 'cli',
          action: 'key.created',
          target: `target-${n}`,
          result: 'ok',
          details: { n, last: true },
        }),
      );
    await Promise.all(Array.from({ length: 20 }, (_, n) => append(n)));
  });
  afterAll(() => world?.close());

  it('is one whole chain after twenty writers at once', async () => {
    expect(await verifyAudit(world.database.db)).toEqual({ rows: 20, brokenAt: null });
  });

  const tampering: Record<string, string> = {
    'an altered target': `UPDATE audit_log SET target = 'x' WHERE seq = 7`,
    'an altered detail': `UPDATE audit_log SET details = jsonb_set(details, '{n}', '99') WHERE seq = 7`,
    'an altered time': `UPDATE audit_log SET at = at + interval '1 ms' WHERE seq = 7`,
    'a removed row': `DELETE FROM audit_log WHERE seq = 7`,
    'a removed first row': `DELETE FROM audit_log WHERE seq = 1`,
    'a row with a hash of another row': `UPDATE audit_log SET hash = (SELECT hash FROM audit_log WHERE seq = 6) WHERE seq = 7`,
    'a removed row whose place was closed': `DELETE FROM audit_log WHERE seq = 7; UPDATE audit_log SET seq = seq - 1 WHERE seq > 7`,
  };
  it.each(Object.keys(tampering))('shows %s', async (name) => {
    const { pg, db } = world.database;
    await pg.query('CREATE TABLE kept AS SELECT * FROM audit_log');
    await pg.query(tampering[name]!);
    const { brokenAt } = await verifyAudit(db);
    await pg.query('DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM kept; DROP TABLE kept');
    expect(brokenAt).toBe(name.includes('first') ? 1 : 7);
    expect(await verifyAudit(db)).toEqual({ rows: 20, brokenAt: null });
  });
});
