import type { ListedObject } from './types.ts';

const OPEN = '<Contents>';
const CLOSE = '</Contents>';

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
  const objects = contentsOf(xml).map((body) => ({
    key: decode((element(body, 'Key') ?? '').replaceAll('+', ' ')),
    size: Number(element(body, 'Size') ?? Number.NaN),
    lastModified: new Date(element(body, 'LastModified') ?? Number.NaN),
  }));
  for (const { key, size, lastModified } of objects) {
    if (key === '' || !Number.isSafeInteger(size) || size < 0 || Number.isNaN(lastModified.getTime())) {
      throw new Error('the store answered a list request with an incomplete entry');
    }
  }
  const truncated = element(xml, 'IsTruncated') === 'true';
  return { objects, next: truncated ? element(xml, 'NextContinuationToken') : null };
}

/** Each element once, from left to right: a search anew for every unclosed one would take minutes for 4 MB. */
function contentsOf(xml: string): string[] {
  const found: string[] = [];
  for (let from = xml.indexOf(OPEN); from !== -1; ) {
    const to = xml.indexOf(CLOSE, from);
    if (to === -1) break;
    found.push(xml.slice(from + OPEN.length, to));
    from = xml.indexOf(OPEN, to);
  }
  return found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('the store answered a list request with a key that is not percent-encoded');
  }
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
    name ? named[name]! : character(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}

function character(codePoint: number): string {
  if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
  throw new Error('the store answered with a character that does not exist');
}
