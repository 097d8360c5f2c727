import { expect, it } from 'vitest';
import { BytePool } from './byte-pool.ts';

const SHAPE = { places: 100, share: 10, reserved: 20, quiet: 30 };

it('a byte pool counts bytes once in the total and once for each owner', () => {
  const pool = new BytePool(SHAPE);
  pool.add(7, 'account', 'address');
  expect([pool.taken, pool.bytesOf('account'), pool.bytesOf('address')]).toEqual([7, 7, 7]);
});

it('a byte pool subtracts bytes only once, even if they are returned several times', () => {
  const pool = new BytePool(SHAPE);
  pool.add(5, 'account');
  const leave = pool.add(7, 'account');
  leave();
  leave();
  expect([pool.taken, pool.bytesOf('account')]).toEqual([5, 5]);
});

it('a byte pool allows owners more bytes only while each of them may take another place', () => {
  const pool = new BytePool(SHAPE);
  pool.add(10, 'full');
  pool.add(20, 'other');
  expect([pool.mayAdd('full'), pool.mayAdd('new'), pool.mayAdd('new', 'full')]).toEqual([false, true, false]);
  pool.add(50, 'large');
  expect([pool.mayAdd('new'), pool.mayAdd('full')]).toEqual([true, false]);
  pool.add(20, 'large');
  expect(pool.mayAdd('new')).toBe(false);
});
