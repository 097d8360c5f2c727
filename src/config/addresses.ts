import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Prefix = readonly [Address, number];

/** Prefix length of the network that one IPv6 caller usually controls (RFC 6177). */
const IPV6_GROUP_BITS = 64;
/** Prefix length of `::ffff:0:0/96`, the IPv4-mapped addresses. */
const MAPPED_BITS = 96;

/**
 * Returns a function that tests whether an address is in one of the prefixes. IPv4-mapped IPv6 counts as IPv4, also in prefixes. Throws if
 * a prefix is malformed. A malformed address is in no prefix.
 */
export function addressMatcher(cidrs: readonly string[]): (ip: string) => boolean {
  const prefixes = cidrs.map(parsePrefix);
  return (ip) => {
    const address = parseAddress(ip);
    return address !== null && prefixes.some((prefix) => contains(prefix, [address, bitsOf(address)]));
  };
}

/** Whether every address of the prefix `inner` is in the prefix `outer`. Throws if a prefix is malformed. */
export function prefixContains(outer: string, inner: string): boolean {
  return contains(parsePrefix(outer), parsePrefix(inner));
}

/**
 * Returns the group of addresses to which a limit per address applies: an IPv4 address, or the /64 of an IPv6 address, for example
 * `2001:db8:0:1::/64`. IPv4-mapped IPv6 counts as IPv4. Text that is not an address belongs to the group `unknown`.
 */
export function addressGroup(ip: string): string {
  const address = parseAddress(ip);
  if (address === null) return 'unknown';
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${IPV6_GROUP_BITS}`)}/${IPV6_GROUP_BITS}`;
}

function contains([outer, outerBits]: Prefix, [inner, innerBits]: Prefix): boolean {
  return outer.kind() === inner.kind() && outerBits <= innerBits && inner.match(outer, outerBits);
}

function parsePrefix(text: string): Prefix {
  const [address = '', bits] = text.split('/');
  const parsed = ipaddr.parse(address);
  const length = bits === undefined ? bitsOf(parsed) : Number(bits);
  if (!isMapped(parsed) || length < MAPPED_BITS) return [parsed, length];
  return [parsed.toIPv4Address(), length - MAPPED_BITS];
}

/** Parses an address. Returns null if the text is not an address. Ignores a zone, as in `fe80::1%eth0`. */
function parseAddress(text: string): Address | null {
  const bare = text.replace(/%.*$/, '');
  // `isValid` also accepts old forms of IPv4, such as 127.1. A peer's address never has such a form.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null;
  const address = ipaddr.parse(bare);
  return isMapped(address) ? address.toIPv4Address() : address;
}

function isMapped(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress();
}

function bitsOf(address: Address): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}
