import { describe, expect, it } from 'vitest';
import { addressGroup, addressMatcher, prefixContains } from './addresses.ts';

describe('addressMatcher', () => {
  it.each([
    [['10.0.0.0/8'], '10.1.2.3', true],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['10.0.0.0/8'], '::ffff:a01:203', true],
    [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['2001:db8::/32'], '2001:db8::1', true],
    [['2001:db8::/32'], '192.0.2.7', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::/0'], '192.0.2.7', false],
    [[], '127.0.0.1', false],
    [['0.0.0.0/0'], '', false],
    [['0.0.0.0/0'], '127.1', false],
    [['0.0.0.0/0'], '192.0.2.7:443', false],
  ])('tests whether %j contains %s: %s', (cidrs, ip, expected) => {
    expect(addressMatcher(cidrs)(ip)).toBe(expected);
  });
});

describe('prefixContains', () => {
  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '0.0.0.0/0', false],
    ['192.0.2.7', '192.0.2.7/32', true],
    ['192.0.2.7', '192.0.2.6/31', false],
    ['0.0.0.0/0', '::/0', false],
    ['::/0', '0.0.0.0/0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['10.0.0.0/8', '::ffff:10.1.0.0/112', true],
    ['10.0.0.0/8', '::ffff:11.1.0.0/112', false],
    ['::ffff:0:0/96', '10.0.0.0/8', true],
    ['2001:db8::/32', '2001:db8:1::/48', true],
    ['2001:db8:1::/48', '2001:db8::/32', false],
    ['2001:DB8:0::/48', '2001:db8::1', true],
  ])('tests whether %s contains %s: %s', (outer, inner, expected) => {
    expect(prefixContains(outer, inner)).toBe(expected);
  });
});

describe('addressGroup', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['2001:db8:0:1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1::2', '2001:db8:0:1::/64'],
    ['2001:db8:0:2::1', '2001:db8:0:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['', 'unknown'],
    ['not an address', 'unknown'],
    ['192.0.2.7:443', 'unknown'],
  ])('counts %s as %s', (ip, group) => {
    expect(addressGroup(ip)).toBe(group);
  });
});
