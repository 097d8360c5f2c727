import { closeSync, fstatSync, openSync } from 'node:fs';

/** The device from which FFmpeg reads random numbers. Cells contain no other device. */
export const RANDOM_DEVICE = '/dev/urandom';

/** Why a cell without the device passes the self-test. */
export const MISSING_IS_HARMLESS = 'harmless: FFmpeg then measures the clock, which takes 80 ms of CPU time per output';

/** Major number 1, minor number 9. */
const DEVICE_NUMBER = 0x109;

/**
 * Whether cells of this account may contain the device. They may if this machine has the device, this process can open it, and the
 * account doesn't own it. Without the filter, the owner of the device could change its mode on the host, because bwrap's read-only
 * mounts allow no devices. The check of the device number ensures that cells never see another device, or a file, at this path. Without
 * the device, FFmpeg measures the clock to get random numbers.
 *
 * @param account null = cells run as this process's user
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
