import { expect, it } from 'vitest';
import { nextTurn, type Sending, WEBHOOK_POOL } from './shares.ts';

const sendingOf = (accounts: number, each: number, isProbe = false): Sending[] =>
  Array.from({ length: accounts * each }, (_, index) => {
    const accountId = `account-${index % accounts}`;
    return { accountId, endpoint: `${accountId}-${Math.floor(index / accounts)}`, isProbe };
  });

it('accounts that start at once get at most their share, and ninety of them leave slots free', () => {
  const sending: Sending[] = [];
  for (let account = 0; account < 90; account++) {
    const turn = nextTurn(sending)!;
    const taken = Math.min(turn.limit, turn.share);
    sending.push(...sendingOf(1, taken).map((one) => ({ ...one, accountId: String(account) })));
  }
  const counts = Array.from(
    { length: 90 },
    (_, account) => sending.filter(({ accountId }) => accountId === String(account)).length,
  );
  expect(counts.slice(0, 5)).toEqual([16, 16, 16, 16, 2]);
  // The last quarter is for accounts without a delivery in progress.
  expect([new Set(counts.slice(4, 68)), new Set(counts.slice(68))]).toEqual([new Set([2]), new Set([1])]);
  expect(nextTurn(sending)).toMatchObject({ limit: 16, share: 1 });
});

it('a single account gets 16 slots, and nothing is claimed while all slots are in use', () => {
  expect(nextTurn([])).toMatchObject({ limit: 16, share: 16, accounts: [], endpoints: [] });
  expect(nextTurn(sendingOf(WEBHOOK_POOL.places, 1))).toBeNull();
});

it('probes of hanging receivers use half of the slots at most', () => {
  expect(nextTurn(sendingOf(WEBHOOK_POOL.places / 2 - 1, 1, true))?.probeShare).toBe(2);
  expect(nextTurn(sendingOf(WEBHOOK_POOL.places / 2, 1, true))?.probeShare).toBe(0);
  expect(nextTurn(sendingOf(WEBHOOK_POOL.places / 2, 1, false))?.probeShare).toBe(2);
});
