import type { IncomingHttpHeaders } from 'node:http';
import type { DiskSpace } from '../../config/disk-reserve.ts';

/** Free space on the disk of a store. */
export interface StoreSpace extends Pick<DiskSpace, 'freeBytes' | 'reserveBytes' | 'spareBytes' | 'spareFiles'> {
  /** Bytes stored under `UPLOADS` and in parts of uploads. These bytes of the promised uploads already occupy space on the disk. */
  stagedBytes: number;
}

const FREE = 'x-airlock-free-bytes';
const RESERVE = 'x-airlock-reserve-bytes';
const FILES = 'x-airlock-spare-files';
const STAGED = 'x-airlock-staged-bytes';

/** Returns the headers with which the embedded gateway reports its space in the response to HEAD of the bucket. */
export function spaceHeaders(space: Omit<StoreSpace, 'spareBytes'>): Record<string, string> {
  const { freeBytes, reserveBytes, spareFiles, stagedBytes } = space;
  return {
    [FREE]: String(freeBytes),
    [RESERVE]: String(reserveBytes),
    [STAGED]: String(stagedBytes),
    ...(Number.isFinite(spareFiles) && { [FILES]: String(spareFiles) }),
  };
}

/** Reads the free space from these headers. Null for a store that does not report its space, such as S3. */
export function readSpaceHeaders(headers: IncomingHttpHeaders): StoreSpace | null {
  const number = (name: string) => (/^-?\d{1,16}$/.test(String(headers[name])) ? Number(headers[name]) : null);
  const freeBytes = number(FREE);
  const reserveBytes = number(RESERVE);
  if (freeBytes === null || reserveBytes === null) return null;
  const spareFiles = number(FILES) ?? Number.POSITIVE_INFINITY;
  const spareBytes = freeBytes - reserveBytes;
  return { freeBytes, reserveBytes, spareBytes, spareFiles, stagedBytes: number(STAGED) ?? 0 };
}
