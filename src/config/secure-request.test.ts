import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { secureRequestTest } from './secure-request.ts';

const open = { loopbackOnly: false, trustProxy: ['10.0.0.1/32'] };
const local = { loopbackOnly: true, trustProxy: ['127.0.0.1/32'] };

it.each([
  ['TLS of our own', open, { encrypted: true, from: '192.0.2.1' }, true],
  ['a trusted proxy that had HTTPS', open, { from: '10.0.0.1', proto: 'https' }, true],
  ['a trusted proxy that had plain HTTP', open, { from: '10.0.0.1', proto: 'http' }, false],
  ['a trusted proxy that says nothing', open, { from: '10.0.0.1' }, false],
  ['a stranger who says HTTPS', open, { from: '192.0.2.1', proto: 'https' }, false],
  ['plain HTTP on loopback', local, { from: '127.0.0.1' }, true],
  ['a proxy on this machine that had plain HTTP', local, { from: '::ffff:127.0.0.1', proto: 'http' }, false],
  ['a proxy on this machine, first of two', local, { from: '127.0.0.1', proto: 'https, http' }, true],
])(
  'secure requests: %s',
  (_case, transport, { from, proto, encrypted }: { from: string; proto?: string; encrypted?: boolean }, secure) => {
    const request = {
      socket: { remoteAddress: from, encrypted: encrypted ?? false },
      headers: proto ? { 'x-forwarded-proto': proto } : {},
    };
    expect(secureRequestTest(transport)(request as unknown as IncomingMessage)).toBe(secure);
  },
);
