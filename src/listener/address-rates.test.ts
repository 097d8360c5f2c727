import { expect, it } from 'vitest';
import { createAddressRates } from './address-rates.ts';

it('an address can send as many requests as its burst allows at once, and further requests as its bucket refills', () => {
  let now = 0;
  const rates = createAddressRates({ burst: 60, perMinute: 60 }, () => now);
  for (let count = 0; count < 60; count++) expect(rates.spend('a')).toBe(0);
  expect(rates.spend('a')).toBe(1000);
  expect(rates.spend('b')).toBe(0);
  now = 999;
  expect(rates.spend('a')).toBeCloseTo(1);
  now = 1_001;
  expect(rates.spend('a')).toBe(0);
  now = 1e9;
  for (let count = 0; count < 60; count++) expect(rates.spend('a')).toBe(0);
  expect(rates.spend('a')).toBeGreaterThan(0);
});

it('an address that uses more tokens than it has left owes no tokens', () => {
  let now = 0;
  const rates = createAddressRates({ burst: 100, perMinute: 600 }, () => now);
  rates.use('a', 80);
  expect(rates.spend('a', 20)).toBe(0);
  rates.use('a', 80);
  expect(rates.spend('a')).toBe(100);
  now = 100;
  expect(rates.spend('a')).toBe(0);
});

it('an address can spend several tokens at once, but spends none if too few are left', () => {
  let now = 0;
  const rates = createAddressRates({ burst: 100, perMinute: 600 }, () => now);
  expect(rates.spend('a', 80)).toBe(0);
  expect(rates.spend('a', 40)).toBe(2_000);
  expect(rates.spend('a', 20)).toBe(0);
  now = 4_000;
  expect(rates.spend('a', 40)).toBe(0);
});

it('an address can reserve tokens that it gets within a limited time, in the order of its requests', () => {
  let now = 0;
  const rates = createAddressRates({ burst: 100, perMinute: 600 }, () => now);
  expect([100, 10, 20].map((tokens) => rates.reserve('a', tokens, 3_000))).toEqual([0, 1_000, 3_000]);
  expect(rates.reserve('a', 1, 3_000)).toBeNull();
  expect(rates.reserve('b', 1, 3_000)).toBe(0);
  now = 3_000;
  expect(rates.reserve('a', 1, 3_000)).toBe(100);
});
