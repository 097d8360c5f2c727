import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from './addresses.ts';

const publicOnly = createAddressPolicy([]);

describe('the address policy', () => {
  it.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.1', '192.167.1.1', '223.255.255.254'])(
    'accepts %s as public',
    (address) => expect(publicOnly(address)).toBe('public'),
  );

  it.each(['2606:4700:4700::1111', '2a00:1450:4001:800::200e', '2001:4860:4860::8888', '3ffe::1'])(
    'accepts %s as public',
    (address) => expect(publicOnly(address)).toBe('public'),
  );

  it.each([
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1'],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ...['168.63.129.16'],
  ])('rejects the IPv4 address %s', (address) => expect(publicOnly(address)).toBe('rejected'));

  it.each([
    ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:a00:1', '::ffff:0:127.0.0.1', '::ffff:168.63.129.16'],
    ...['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1', '100::1', '2001::1', '2001:0:7f00:1::', '2001:2::1'],
    ...['2001:db8::1', '2002:7f00:1::', '2002:a00:1::1', '2002:808:808::', '3fff::1', '5f00::1', 'fc00::1'],
    ...['fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '4000::1', '1fff::1', 'e000::1'],
  ])('rejects the IPv6 address %s', (address) => expect(publicOnly(address)).toBe('rejected'));

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '127.0.0.1 ', '[::1]', '1.2.3.4/8'])(
    'rejects "%s", which is not an address in plain notation',
    (text) => expect(createAddressPolicy(['0.0.0.0/0', '::/0'])(text)).toBe('rejected'),
  );

  it('checks an IPv4-mapped address as its IPv4 address, in addresses and in ranges', () => {
    expect(publicOnly('::ffff:8.8.8.8')).toBe('public');
    expect(createAddressPolicy(['10.0.0.0/8'])('::ffff:10.1.2.3')).toBe('allowed');
    expect(createAddressPolicy(['::ffff:10.0.0.0/104'])('10.1.2.3')).toBe('allowed');
    expect(createAddressPolicy(['::ffff:10.0.0.0/104'])('11.1.2.3')).toBe('public');
  });

  it('allows exactly the configured ranges', () => {
    const policy = createAddressPolicy(['192.168.7.0/24', '127.0.0.1', 'fd00:7::/32', '168.63.129.16']);
    for (const address of ['192.168.7.0', '192.168.7.255', '127.0.0.1', 'fd00:7::9', '168.63.129.16']) {
      expect(policy(address)).toBe('allowed');
    }
    for (const address of ['192.168.6.255', '192.168.8.0', '127.0.0.2', 'fd00:8::', '::1']) {
      expect(policy(address)).toBe('rejected');
    }
    expect(policy('9.9.9.9')).toBe('public');
  });

  it.each(['10/8', '10.0.0.0/33', 'fd00::/129', 'example.com', '10.0.0.0/-1', '10.0.0.0/', '1.2.3.4/8/8', '0x7f.1/8'])(
    'throws for the range "%s" and names the setting',
    (cidr) =>
      expect(() => createAddressPolicy([cidr])).toThrow(/^AIRLOCK_FETCH_ALLOW: ".*" is not an address range\. /),
  );

  it('rejects private, loopback and link-local IPv4 addresses, also when they are embedded in IPv6 addresses', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const inside = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127, 0), octet, octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    );
    fc.assert(
      fc.property(inside, (octets) => {
        const address = octets.join('.');
        const [a, b, c, d] = octets;
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const forms = [
          address,
          `::ffff:${address}`,
          `::${hex}`,
          `64:ff9b::${hex}`,
          `2002:${hex}::1`,
          `2001:0:${hex}::`,
        ];
        return forms.every((form) => publicOnly(form) === 'rejected');
      }),
    );
  });
});
