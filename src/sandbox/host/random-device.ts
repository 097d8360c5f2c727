import { closeSync, fstatSync, openSync } from 'node:fs';

/** The device from which FFmpeg reads random numbers. Cells contain no other device. */
export const RANDOM_DEVICE = '/dev/urandom';

/** Reason why a cell without the device passes the self-test. */
export const MISSING_IS_HARMLESS = 'harmless: FFmpeg then measures the clock, which takes 80 ms of CPU time per output';

/** Device number of the device: major number 1, minor number 9. */
const DEVICE_NUMBER = 0x109;

/**
 * Whether cells of this account may contain the device. This requires that this machine has the device, that this process can open it, and
 * that the account doesn't own it. Without the filter, the owner of the device could change its mode on the host, because bwrap cannot
 * mount a device read-only. The check of the device number ensures that cells never see another device, or a file, at this path. Without
 * the device, FFmpeg measures the clock to get random numbers.
 * @param account null if cells run as this process's user
 */
export function hasRandomDevice(account: { uid: number } | null): boolean {
  try {
    const file = openSync(RANDOM_DEVICE, 'r');
    try {
      const stats = fstatSync(file);
      const isOwned = stats.uid === (account?.uid ?? process.geteuid!());
      return stats.isCharacterDevice() && stats.rdev === DEVICE_NUMBER && !isOwned;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
