import { expect, it } from 'vitest';
import { connectionLimits } from './listener-limits.ts';

const logger = { warn: () => {} };

it('gives a connection five seconds to its first byte', () => {
  const limits = connectionLimits({ maxConnections: 64, maxConnectionsPerAddress: 16 }, logger);
  expect(limits).toEqual({ total: 64, perAddress: 16, firstByteMs: 5_000 });
});

it('gives one address no more connections than there are', () => {
  const limits = connectionLimits({ maxConnections: 64, maxConnectionsPerAddress: 256 }, logger);
  expect(limits.perAddress).toBe(64);
});
