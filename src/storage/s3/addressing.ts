import { encodePath } from './sigv4.ts';

/** Whether the bucket is the first part of the path or of the host name (S3: path-style and virtual-hosted-style). */
export type Addressing = 'path' | 'virtual';

export interface BucketPlace {
  origin: string;
  host: string;
  /** Path of an object, or of the bucket if the key is empty. */
  pathOf(key: string): string;
}

/** Returns the address of a bucket at an endpoint. The endpoint may contain a path. */
export function bucketPlace(
  endpoint: string,
  { bucket, addressing }: { bucket: string; addressing: Addressing },
): BucketPlace {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/+$/, '');
  if (addressing === 'virtual') {
    const host = `${bucket}.${url.host}`;
    return { origin: `${url.protocol}//${host}`, host, pathOf: (key) => `${base}/${encodePath(key)}` };
  }
  const root = `${base}/${encodePath(bucket)}`;
  return { origin: url.origin, host: url.host, pathOf: (key) => (key === '' ? root : `${root}/${encodePath(key)}`) };
}

/** Whether the name can be a part of a host name that a wildcard certificate covers. */
export function isHostLabel(bucket: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])$/.test(bucket);
}
