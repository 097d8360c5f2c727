import { statfsSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

const VARIABLE = 'AIRLOCK_DISK_RESERVE';
const REMEDY = 'Write it like 5%, 1GiB or 500MB, or both with a comma (5%,1GiB): the larger one counts';
const GIB = 2 ** 30;

/** Free space that Airlock leaves unused: the larger of a share of the disk and a number of bytes. */
export interface DiskReserve {
  /** Percent of the entire file system, 0 to 90. */
  percent: number;
  bytes: number;
}

export const DEFAULT_RESERVE: DiskReserve = { percent: 5, bytes: GIB };

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: GIB,
  tib: 2 ** 40,
};
/** Maximum percentage of a reserve. With a larger reserve, most disks could store nothing. */
const MAX_PERCENT = 90;

/** Parses the value of `AIRLOCK_DISK_RESERVE`. Throws a `ConfigError` that quotes the invalid text. */
export function parseDiskReserve(text: string | undefined): DiskReserve {
  if (!text?.trim()) return DEFAULT_RESERVE;
  const reserve: DiskReserve = { percent: 0, bytes: 0 };
  const seen = new Set<string>();
  for (const part of text.split(',').map((each) => each.trim())) {
    const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(%|[a-z]+)$/i.exec(part) ?? [];
    const kind = unit === '%' ? 'percent' : 'bytes';
    const scale = kind === 'percent' ? 1 : UNITS[unit.toLowerCase()];
    if (number === '' || scale === undefined) {
      throw new ConfigError(VARIABLE, `"${part}" is neither a percentage nor a size with its unit`, REMEDY);
    }
    if (seen.has(kind)) throw new ConfigError(VARIABLE, `"${text}" has two percentages or two sizes`, REMEDY);
    seen.add(kind);
    reserve[kind] = kind === 'percent' ? Number(number) : Math.ceil(Number(number) * scale);
  }
  if (reserve.percent > MAX_PERCENT) {
    throw new ConfigError(VARIABLE, `"${text}" reserves nearly the entire disk`, `Use at most ${MAX_PERCENT}%`);
  }
  if (!Number.isSafeInteger(reserve.bytes)) throw new ConfigError(VARIABLE, `"${text}" is out of range`, REMEDY);
  return reserve;
}

/** Formats a reserve as text that `parseDiskReserve` can read. */
export function formatDiskReserve({ percent, bytes }: DiskReserve): string {
  return `${percent}%,${bytes}B`;
}

/** Size of a file system, and its free space above the reserve. */
export interface DiskSpace {
  totalBytes: number;
  /** Bytes that an unprivileged account can still write. */
  freeBytes: number;
  reserveBytes: number;
  /** Free bytes above the reserve; negative if less than the reserve is free. */
  spareBytes: number;
  /** Free inodes above the reserve; Infinity if the file system has no fixed number of inodes. */
  spareFiles: number;
}

/**
 * Measures the free space of the file system of `folder`. The reserve keeps the same share of the inodes as of the bytes. Rejects with the
 * error of the file system.
 */
export async function diskSpace(folder: string, reserve: DiskReserve): Promise<DiskSpace> {
  const { blocks, bavail, bsize, files, ffree } = statfsSync(folder);
  const totalBytes = blocks * bsize;
  const freeBytes = bavail * bsize;
  const reserveBytes = Math.max(Math.ceil((totalBytes * reserve.percent) / 100), reserve.bytes);
  const share = totalBytes > 0 ? Math.min(1, reserveBytes / totalBytes) : 0;
  return {
    totalBytes,
    freeBytes,
    reserveBytes,
    spareBytes: freeBytes - reserveBytes,
    // Btrfs and some other file systems allocate inodes on demand, and report 0 inodes.
    spareFiles: files === 0 ? Number.POSITIVE_INFINITY : Math.floor(ffree - files * share),
  };
}

/** Whether more data can be stored without using the reserve. */
export function hasSpareSpace({ spareBytes, spareFiles }: Pick<DiskSpace, 'spareBytes' | 'spareFiles'>): boolean {
  return spareBytes > 0 && spareFiles > 0;
}
