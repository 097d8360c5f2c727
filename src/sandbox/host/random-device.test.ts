import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasRandomDevice, RANDOM_DEVICE } from './random-device.ts';

describe('the device of random numbers', () => {
  it('is only in cells of an account that does not own it', () => {
    const { uid } = statSync(RANDOM_DEVICE);
    expect(hasRandomDevice({ uid: uid + 1 })).toBe(true);
    expect(hasRandomDevice({ uid })).toBe(false);
    expect(hasRandomDevice(null)).toBe(process.geteuid!() !== uid);
  });
});
