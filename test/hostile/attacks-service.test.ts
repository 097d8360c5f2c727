import { beforeAll, describe, expect, it } from 'vitest';
import { shareService, type TestService } from '../../testkit/service.ts';
import { asRequest } from './attack-request.ts';
import { ATTACKS } from './attack-table/index.ts';
import type { Attack } from './attack-table/rows.ts';

/** Step with which attacks are sampled. It is small enough that every class is represented. */
const STEP = 6;
/** Maximum number of bytes of a body here. Another test covers larger bodies. */
const LONGEST = 10_000;

const sample = (verdict: Attack['verdict'], step: number) =>
  ATTACKS.filter((attack) => attack.verdict === verdict).filter((_, index) => index % step === 0);

describe('policy and fetcher, in a running service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await shareService();
  });

  it('report field, reason and alternative of each rejected attack', async () => {
    const attacks = sample('refused', STEP).filter((attack) => JSON.stringify(asRequest(attack)).length < LONGEST);
    expect(attacks.length).toBeGreaterThanOrEqual(20);
    expect(new Set(attacks.map((attack) => attack.class)).size).toBeGreaterThanOrEqual(10);
    for (const attack of attacks) {
      const response = await service.call('POST', '/v1/transcodes', asRequest(attack));
      expect([attack.name, response.status, response.json?.code]).toEqual([attack.name, 422, 'option_refused']);
      const { field, reason, suggestion } = response.json.details;
      expect(field).toMatch(/^(options|filters|inputs\[0\]\.options)\[\d+\]$/);
      for (const text of [reason, suggestion]) expect(text).toMatch(/\w{3}/);
    }
  });

  it('fetch no file from a private address that a filter names', async () => {
    const attacks = sample('fetched', 1);
    expect(attacks.length).toBeGreaterThanOrEqual(3);
    for (const attack of attacks) {
      const response = await service.call('POST', '/v1/transcodes', asRequest(attack));
      expect([attack.name, response.status, response.json?.code]).toEqual([attack.name, 422, 'source_refused']);
    }
  });

  it('create no job for an attack', async () => {
    expect((await service.call('GET', '/v1/transcodes')).json.total).toBe(0);
  });
});
