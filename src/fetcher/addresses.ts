import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ConfigError } from '../config/config-error.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];

/** `public`: an address on the internet. `allowed`: allowed by the operator, public or not. */
export type AddressVerdict = 'public' | 'allowed' | 'rejected';

/** Checks an IP address in text form. Rejects any text that is not a plain IP address. */
export type AddressPolicy = (address: string) => AddressVerdict;

/** The only part of IPv6 that is assigned as global unicast (RFC 4291). It does not contain `::127.0.0.1` or NAT64. */
const GLOBAL_UNICAST_V6: Cidr = [ipaddr.parse('2000::'), 3];

/** Addresses in public ranges that belong to services of the host's own cloud. 168.63.129.16 is Azure's wire server. */
const NEVER: Cidr[] = [[ipaddr.parse('168.63.129.16'), 32]];

/**
 * Creates the policy. `allow`: CIDRs or single addresses that may be reached although they are not public. Throws `ConfigError` for any
 * other entry.
 *
 * An address is public if it is unicast according to the IANA special-purpose registries (ipaddr.js). An IPv6 address must also be inside
 * 2000::/3. These rules reject loopback, private, link-local, CGNAT, multicast, documentation, benchmarking, 0.0.0.0/8, 240.0.0.0/4, and
 * every IPv6 form that embeds an IPv4 address (IPv4-compatible, NAT64, 6to4, Teredo), regardless of the IPv4 address. An IPv4-mapped
 * address (`::ffff:a.b.c.d`) is checked as the IPv4 address that the kernel would connect to.
 */
export function createAddressPolicy(allow: readonly string[]): AddressPolicy {
  const allowed = allow.map(parseCidr);
  return (text) => {
    if (isIP(text) === 0) return 'rejected';
    const address = ipaddr.process(text);
    if (allowed.some((cidr) => contains(cidr, address))) return 'allowed';
    if (address.range() !== 'unicast') return 'rejected';
    if (address.kind() === 'ipv6' && !contains(GLOBAL_UNICAST_V6, address)) return 'rejected';
    if (NEVER.some((cidr) => contains(cidr, address))) return 'rejected';
    return 'public';
  };
}

function contains([network, bits]: Cidr, address: Address): boolean {
  return network.kind() === address.kind() && address.match([network, bits] as never);
}

/**
 * Parses a CIDR or a single address, such as `10.0.0.0/8` or `127.0.0.1`. Unlike ipaddr.js, rejects ambiguous forms such as `10/8` or
 * `0x7f.1`.
 */
function parseCidr(text: string): Cidr {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const width = version === 4 ? 32 : 128;
  const length = bits === undefined ? width : Number(bits);
  if (version === 0 || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)) || length > width) {
    throw new ConfigError(
      'AIRLOCK_FETCH_ALLOW',
      `"${text}" is not an address range`,
      'Write CIDRs like 10.1.0.0/16, separated by commas',
    );
  }
  const parsed = ipaddr.parse(address);
  if (parsed.kind() === 'ipv6' && (parsed as ipaddr.IPv6).isIPv4MappedAddress() && length >= 96) {
    return [(parsed as ipaddr.IPv6).toIPv4Address(), length - 96];
  }
  return [parsed, length];
}
