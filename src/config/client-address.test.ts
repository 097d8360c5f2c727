import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { clientAddressOf } from './client-address.ts';

const from = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

it('the address of a client is the address of its peer, or the address that trusted proxies report', () => {
  const direct = clientAddressOf([]);
  expect(direct(from('192.0.2.1', '198.51.100.1'))).toBe('192.0.2.1');
  const proxied = clientAddressOf(['10.0.0.0/8']);
  expect(proxied(from('192.0.2.1', '198.51.100.1'))).toBe('192.0.2.1');
  expect(proxied(from('10.0.0.1', '203.0.113.9, 198.51.100.1'))).toBe('198.51.100.1');
  expect(proxied(from('10.0.0.1', '198.51.100.1, 10.0.0.2'))).toBe('198.51.100.1');
  expect(proxied(from('10.0.0.1'))).toBe('10.0.0.1');
});
