import { expect, it } from 'vitest';
import { addressMatcher } from './addresses.ts';

it.each([
  [['10.0.0.0/8'], '10.1.2.3', true],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['2001:db8::/32'], '2001:db8::1', true],
  [['2001:db8::/32'], '192.0.2.7', false],
  [[], '127.0.0.1', false],
  [['0.0.0.0/0'], '', false],
])('addresses: %j holds %s: %s', (cidrs, ip, held) => {
  expect(addressMatcher(cidrs)(ip)).toBe(held);
});
