import { expect, it } from 'vitest';
import { connectionLimits } from './listener-limits.ts';

const logger = { warn: () => {} };

it('the limits of a listener contain the configured numbers of connections, and allow five seconds until the first byte of a connection', () => {
  const limits = connectionLimits({ maxConnections: 64, maxConnectionsPerAddress: 16 }, logger);
  expect(limits).toEqual({ total: 64, perAddress: 16, firstByteMs: 5_000 });
});

it('the limits of a listener never allow an address more connections than the total', () => {
  const limits = connectionLimits({ maxConnections: 64, maxConnectionsPerAddress: 256 }, logger);
  expect(limits.perAddress).toBe(64);
});
