import type { IncomingHttpHeaders } from 'node:http';
import type { DiskSpace } from '../../config/disk-reserve.ts';

/** Free space on the disk of a store. */
export type StoreSpace = Pick<DiskSpace, 'freeBytes' | 'reserveBytes' | 'spareBytes' | 'spareFiles'>;

const FREE = 'x-airlock-free-bytes';
const RESERVE = 'x-airlock-reserve-bytes';
const FILES = 'x-airlock-spare-files';

/** The headers with which the embedded gateway reports its space in the answer to HEAD of the bucket. */
export function spaceHeaders({ freeBytes, reserveBytes, spareFiles }: StoreSpace): Record<string, string> {
  return {
    [FREE]: String(freeBytes),
    [RESERVE]: String(reserveBytes),
    ...(Number.isFinite(spareFiles) && { [FILES]: String(spareFiles) }),
  };
}

/** Null for a store that does not report its space, such as S3. */
export function readSpaceHeaders(headers: IncomingHttpHeaders): StoreSpace | null {
  const number = (name: string) => (/^-?\d{1,16}$/.test(String(headers[name])) ? Number(headers[name]) : null);
  const freeBytes = number(FREE);
  const reserveBytes = number(RESERVE);
  if (freeBytes === null || reserveBytes === null) return null;
  const spareFiles = number(FILES) ?? Number.POSITIVE_INFINITY;
  return { freeBytes, reserveBytes, spareBytes: freeBytes - reserveBytes, spareFiles };
}
