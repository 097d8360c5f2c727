import { encodePath } from './sigv4.ts';

/** Whether the bucket is the first part of the path or of the host name (S3: path-style and virtual-hosted-style). */
export type Addressing = 'path' | 'virtual';

/** Where an object, or the bucket for an empty key, is found below an endpoint, which may have a path of its own. */
export function placeOf(
  endpoint: string,
  { bucket, key, addressing }: { bucket: string; key: string; addressing: Addressing },
): { origin: string; host: string; path: string } {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/+$/, '');
  if (addressing === 'virtual') {
    const host = `${bucket}.${url.host}`;
    return { origin: `${url.protocol}//${host}`, host, path: `${base}/${encodePath(key)}` };
  }
  const path = base + encodePath(key === '' ? `/${bucket}` : `/${bucket}/${key}`);
  return { origin: url.origin, host: url.host, path };
}

/** Whether the name can be a part of a host name that a wildcard certificate covers. */
export function isHostLabel(bucket: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])$/.test(bucket);
}
