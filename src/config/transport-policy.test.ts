import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { isLoopbackHost, transportPolicy } from './transport-policy.ts';

const policyOf = (env: Record<string, string>) => transportPolicy(readConfig(env));
const FILES = { AIRLOCK_TLS_CERT: '/c.pem', AIRLOCK_TLS_KEY: '/k.pem' };

describe('the transport policy', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', '::ffff:127.0.0.1'])('allows plain HTTP on %s', (host) => {
    expect(policyOf({ AIRLOCK_HOST: host })).toEqual({ ok: true });
  });

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.5',
    '203.0.113.9',
    'example.com',
    'localhost.example.com',
    '::ffff:10.0.0.1',
    '128.0.0.1',
  ])('rejects plain HTTP on %s, and names the setting to change', (host) => {
    expect(() => policyOf({ AIRLOCK_HOST: host })).toThrow(ConfigError);
    expect(() => policyOf({ AIRLOCK_HOST: host })).toThrow(
      /AIRLOCK_HOST: .*AIRLOCK_TLS_CERT.*AIRLOCK_TLS=auto.*AIRLOCK_TRUST_PROXY/,
    );
  });

  it.each<Record<string, string>>([
    FILES,
    { AIRLOCK_TLS: 'auto' },
    { AIRLOCK_TRUST_PROXY: '10.0.0.2' },
    { AIRLOCK_TRUST_PROXY: 'fd00::/64' },
  ])('allows a server on every address with %o', (env) =>
    expect(policyOf({ AIRLOCK_HOST: '0.0.0.0', ...env })).toEqual({ ok: true }),
  );

  it.each(['true', '*', 'proxy.example', '10.0.0.0/33', '10/8', '0.0.0.0/0', '::/0', '10.0.0.1,0.0.0.0/0'])(
    'rejects "%s" as a trusted proxy, even on loopback',
    (range) => expect(() => policyOf({ AIRLOCK_TRUST_PROXY: range })).toThrow(/^AIRLOCK_TRUST_PROXY: /),
  );

  it('rejects http:// URLs of other machines', () => {
    expect(() => policyOf({ AIRLOCK_PUBLIC_URL: 'http://video.example.com' })).toThrow(/^AIRLOCK_PUBLIC_URL: /);
    expect(() => policyOf({ AIRLOCK_STORAGE_PUBLIC_URL: 'http://10.0.0.5:8081' })).toThrow(
      /^AIRLOCK_STORAGE_PUBLIC_URL: /,
    );
    expect(
      policyOf({ AIRLOCK_PUBLIC_URL: 'http://127.0.0.1:9', AIRLOCK_STORAGE_PUBLIC_URL: 'https://s.example.com' }),
    ).toEqual({ ok: true });
  });

  it('recognizes loopback hosts by their names and by addresses in brackets', () => {
    expect(['[::1]', 'LOCALHOST', 'a.localhost', 'localhost.'].map(isLoopbackHost)).toEqual([true, true, true, true]);
    expect(['', '0', '127.1', 'notlocalhost', '[::2]'].map(isLoopbackHost)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
