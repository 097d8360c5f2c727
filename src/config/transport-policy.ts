import { BlockList, isIP } from 'node:net';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/** Whether a host to listen on, or a host of a URL, can refer only to this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const version = isIP(name);
  if (version === 0) return name === 'localhost' || name.endsWith('.localhost');
  return loopback.check(name, version === 4 ? 'ipv4' : 'ipv6');
}

type TransportSettings = Pick<Config, 'host' | 'tls' | 'trustProxy' | 'publicUrl' | 'storagePublicUrl'>;

/**
 * Enforces HTTPS. Plain HTTP is served only on loopback. Any other address requires a certificate or a proxy that terminates TLS. Throws a
 * `ConfigError` with the setting to change, also if a public URL of another machine is `http://` or a range of proxies is invalid.
 */
export function transportPolicy(config: TransportSettings): { ok: true } {
  for (const range of config.trustProxy) checkProxyRange(range);
  checkPublicUrl('AIRLOCK_PUBLIC_URL', config.publicUrl);
  checkPublicUrl('AIRLOCK_STORAGE_PUBLIC_URL', config.storagePublicUrl);
  if (isLoopbackHost(config.host) || config.tls.mode !== 'off' || config.trustProxy.length > 0) return { ok: true };
  throw new ConfigError(
    'AIRLOCK_HOST',
    `is ${config.host}, where keys and media would travel over plain HTTP`,
    'Set AIRLOCK_TLS_CERT and AIRLOCK_TLS_KEY, or AIRLOCK_TLS=auto, or AIRLOCK_TRUST_PROXY to the addresses of a ' +
      'proxy that terminates TLS; or listen on 127.0.0.1',
  );
}

/** Rejects a malformed range, and a range of all addresses, with which every client could claim that its request came over HTTPS. */
function checkProxyRange(range: string): void {
  const [address = '', bits, ...rest] = range.split('/');
  const version = isIP(address);
  const width = version === 4 ? 32 : 128;
  const length = bits === undefined ? width : Number(bits);
  if (version === 0 || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)) || length > width) {
    throw new ConfigError(
      'AIRLOCK_TRUST_PROXY',
      `"${range}" is not an address range`,
      'Write CIDRs like 10.1.0.5/32, separated by commas',
    );
  }
  if (length === 0) {
    throw new ConfigError(
      'AIRLOCK_TRUST_PROXY',
      `"${range}" covers every address`,
      'Set only the addresses of the proxy',
    );
  }
}

function checkPublicUrl(variable: string, text: string | null): void {
  if (text === null) return;
  const url = new URL(text);
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new ConfigError(variable, 'is an http:// URL of another machine', 'Use https://');
  }
}
