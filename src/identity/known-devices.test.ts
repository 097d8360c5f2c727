import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createVault } from '../crypto/vault.ts';
import { DEVICE_SECONDS, knownDevice, makeDeviceToken } from './known-devices.ts';

const vault = createVault(randomBytes(32));
const person = { id: '019a1c5e-8e10-7b4e-8c5f-6f1f6f0a9d21', password_hash: 'scrypt$1' };

it('a browser is known only for the person who signed in, with the same id each time', () => {
  const token = makeDeviceToken(vault, person);
  const id = knownDevice(vault, person, token);
  expect(id).toMatch(/^[\w-]{43}$/);
  expect(knownDevice(vault, person, token)).toBe(id);
  expect(knownDevice(vault, { ...person, id: '019a1c5e-8e10-7b4e-8c5f-6f1f6f0a9d22' }, token)).toBeNull();
  expect(knownDevice(createVault(randomBytes(32)), person, token)).toBeNull();
});

it('a browser stops being known after a new password or after half a year', () => {
  const token = makeDeviceToken(vault, person, 0);
  expect(knownDevice(vault, { ...person, password_hash: 'scrypt$2' }, token, 0)).toBeNull();
  expect(knownDevice(vault, person, token, DEVICE_SECONDS * 1000)).not.toBeNull();
  expect(knownDevice(vault, person, token, (DEVICE_SECONDS + 1) * 1000)).toBeNull();
});

it('no altered, empty or malformed value makes a browser known', () => {
  const token = makeDeviceToken(vault, person);
  const [at, print] = token.split('.');
  const later = String(Number(at) + 1);
  for (const wrong of [
    '',
    '.',
    at!,
    `${at}.`,
    `.${print}`,
    `${later}.${print}`,
    `${at}.${print}A`,
    `-1.${print}`,
    'x'.repeat(9999),
  ])
    expect(knownDevice(vault, person, wrong), wrong).toBeNull();
});
