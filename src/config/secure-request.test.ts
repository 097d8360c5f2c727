import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { secureRequestTest } from './secure-request.ts';

interface Seen {
  from: string;
  /** The header x-forwarded-for. */
  via?: string;
  proto?: string;
  encrypted?: boolean;
}

const open = { loopbackOnly: false, trustProxy: ['10.0.0.1/32', '10.0.0.2/32'] };
const local = { loopbackOnly: true, trustProxy: ['127.0.0.1/32'] };

it.each([
  ['TLS of this server', open, { encrypted: true, from: '192.0.2.1' }, true],
  ['a trusted proxy that received HTTPS', open, { from: '10.0.0.1', proto: 'https' }, true],
  ['a trusted proxy that received plain HTTP', open, { from: '10.0.0.1', proto: 'http' }, false],
  ['a trusted proxy that sends no header', open, { from: '10.0.0.1' }, false],
  ['a stranger that claims HTTPS', open, { from: '192.0.2.1', proto: 'https' }, false],
  ['plain HTTP on loopback', local, { from: '127.0.0.1' }, true],
  ['a proxy on this machine that received plain HTTP', local, { from: '::ffff:127.0.0.1', proto: 'http' }, false],
  [
    'a client that claims HTTPS to a proxy that received plain HTTP',
    open,
    { from: '10.0.0.1', proto: 'https, http' },
    false,
  ],
  [
    'a client that claims HTTPS to a proxy on this machine that received plain HTTP',
    local,
    { from: '127.0.0.1', proto: 'https, http' },
    false,
  ],
  [
    'a client that claims plain HTTP to a proxy that received HTTPS',
    open,
    { from: '10.0.0.1', proto: 'http, https' },
    true,
  ],
  ['a proxy that appends nothing to the header of a client', open, { from: '10.0.0.1', proto: 'https, ' }, false],
  [
    'two proxies that both received HTTPS',
    open,
    { from: '10.0.0.1', via: '1.2.3.4, 10.0.0.2', proto: 'https,https' },
    true,
  ],
  [
    'two proxies, of which the outer received plain HTTP',
    open,
    { from: '10.0.0.1', via: '1.2.3.4, 10.0.0.2', proto: 'http, https' },
    false,
  ],
  [
    'two proxies, of which the inner received plain HTTP',
    open,
    { from: '10.0.0.1', via: '1.2.3.4, 10.0.0.2', proto: 'https, http' },
    false,
  ],
  [
    'two proxies, and a value that the client sent',
    open,
    { from: '10.0.0.1', via: '10.0.0.2', proto: 'http,https,https' },
    true,
  ],
  [
    'two proxies, the inner of which overwrites the header',
    open,
    { from: '10.0.0.1', via: '9.9.9.9, 10.0.0.2', proto: 'https' },
    true,
  ],
  [
    'an outer proxy that is not trusted',
    open,
    { from: '10.0.0.1', via: '9.9.9.9, 10.0.0.3', proto: 'http,https' },
    true,
  ],
])(
  'the connection and the headers of trusted proxies decide whether a request is secure: %s',
  (_case, transport, { from, via, proto, encrypted }: Seen, secure) => {
    const request = {
      socket: { remoteAddress: from, encrypted: encrypted ?? false },
      headers: { ...(proto && { 'x-forwarded-proto': proto }), ...(via && { 'x-forwarded-for': via }) },
    };
    expect(secureRequestTest(transport)(request as unknown as IncomingMessage)).toBe(secure);
  },
);
