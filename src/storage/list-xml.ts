import type { ListedObject } from './types.ts';

export interface ListPage {
  objects: ListedObject[];
  /** Null on the last page. */
  next: string | null;
}

/**
 * Reads a ListObjectsV2 answer that was asked for with `encoding-type=url`: its values hold neither markup nor control
 * characters, so flat elements are all there is to find. Throws when the document is none of these.
 */
export function parseListPage(xml: string): ListPage {
  if (!xml.includes('<ListBucketResult')) throw new Error('the store answered a list request with something else');
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, body = '']) => ({
    key: decodeURIComponent((element(body, 'Key') ?? '').replaceAll('+', ' ')),
    size: Number(element(body, 'Size')),
    lastModified: new Date(element(body, 'LastModified') ?? Number.NaN),
  }));
  for (const { key, size, lastModified } of objects) {
    if (key === '' || !Number.isSafeInteger(size) || Number.isNaN(lastModified.getTime())) {
      throw new Error('the store answered a list request with an incomplete entry');
    }
  }
  const truncated = element(xml, 'IsTruncated') === 'true';
  return { objects, next: truncated ? element(xml, 'NextContinuationToken') : null };
}

/** `<Code>` of an S3 error document, when there is one. Letters only: it goes into error texts. */
export function errorCode(xml: string): string | null {
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(xml)?.[1] ?? null;
}

function element(xml: string, name: string): string | null {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text === undefined ? null : unescapeXml(text);
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|quot|apos|amp));/g, (_, hex, decimal, name) =>
    name ? named[name]! : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}
