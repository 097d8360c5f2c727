import { expect, it } from 'vitest';
import { affordableConnections } from './open-files.ts';

it.each([
  ['Max open files            1048576              1048576              files', 4096],
  ['Max open files            1024                 4096                 files', 384],
  ['Max open files            64                   64                   files', 1],
  ['Max open files            unlimited            unlimited            files', 4096],
  ['', 4096],
])('the process limits %j allow %i of 4096 connections', (limits, count) => {
  expect(affordableConnections(4096, limits)).toBe(count);
});
