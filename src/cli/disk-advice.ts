import { type DiskReserve, diskSpace, hasSpareSpace } from '../config/disk-reserve.ts';

/** Bytes of free space above the reserve, below which the space is reported as low. Enough for two uploads of the default maximum size. */
const AMPLE_BYTES = 5 * 2 ** 30;

export interface DiskAdvice {
  /** `full`: no space is left above the reserve, so uploads and jobs are rejected. `low`: little space is left above the reserve. */
  state: 'ample' | 'low' | 'full';
  seen: string;
  remedy: string | null;
}

/** Compares the free space of a folder's disk with the reserve, for `doctor` and for a start. */
export async function diskAdvice(folder: string, reserve: DiskReserve): Promise<DiskAdvice> {
  const space = await diskSpace(folder, reserve);
  const { totalBytes, freeBytes, reserveBytes, spareBytes } = space;
  const seen = `${size(freeBytes)} free of ${size(totalBytes)}, reserve ${size(reserveBytes)}`;
  if (!hasSpareSpace(space)) {
    const short = spareBytes > 0 ? 'some files' : size(1 - spareBytes);
    const lower = reserveBytes > totalBytes / 4 ? ', or set AIRLOCK_DISK_RESERVE lower for a disk this small' : '';
    return {
      state: 'full',
      seen: `${seen}: uploads and jobs are rejected with 507`,
      remedy: `Free at least ${short}, erase jobs${lower}`,
    };
  }
  if (spareBytes < AMPLE_BYTES) {
    return {
      state: 'low',
      seen,
      remedy: `Free some space: uploads and jobs have ${size(spareBytes)} left above the reserve`,
    };
  }
  return { state: 'ample', seen, remedy: null };
}

function size(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
