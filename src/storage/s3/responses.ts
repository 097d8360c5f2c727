import type { ListedObject, StoredPart } from '../types.ts';
import { childrenOf, parseXml, textOf, type XmlElement } from '../xml.ts';

/*
 * Parses XML responses of a store. The server may not be a store at all, so every response is either parsed or rejected with an error that
 * begins with "the store returned".
 */

export interface ListPage {
  objects: ListedObject[];
  /** Continuation token of the next page. Null on the last page. */
  next: string | null;
}

export interface PartPage {
  parts: StoredPart[];
  /** Marker of the next page. Null on the last page. */
  next: string | null;
}

/** Parses a ListObjectsV2 response with `encoding-type=url`. */
export function parseListPage(xml: string): ListPage {
  const list = read(xml, 'ListBucketResult', 'a list request');
  const objects = childrenOf(list, 'Contents').map((entry) => ({
    key: decodeKey(text(entry, 'Key') ?? ''),
    size: parseInteger(text(entry, 'Size')),
    lastModified: new Date(text(entry, 'LastModified') ?? Number.NaN),
  }));
  if (objects.some(({ key, lastModified }) => key === '' || Number.isNaN(lastModified.getTime()))) throw incomplete();
  return { objects, next: nextPage(list, 'NextContinuationToken') };
}

/** Parses a ListParts response. */
export function parsePartPage(xml: string): PartPage {
  const list = read(xml, 'ListPartsResult', 'a list of parts');
  const parts = childrenOf(list, 'Part').map((entry) => ({
    partNumber: parseInteger(text(entry, 'PartNumber')),
    size: parseInteger(text(entry, 'Size')),
    etag: text(entry, 'ETag') ?? '',
    storedAt: new Date(text(entry, 'LastModified') ?? Number.NaN),
  }));
  if (parts.some(({ etag }) => etag === '')) throw incomplete();
  return { parts, next: nextPage(list, 'NextPartNumberMarker') };
}

/** Parses the id of a new multipart upload. */
export function parseUploadId(xml: string): string {
  const id = text(read(xml, 'InitiateMultipartUploadResult', 'a multipart upload'), 'UploadId');
  // S3: "can contain any characters". Ids with other characters cannot be signed or logged safely.
  if (id === null || !/^[\x21-\x7e]{1,1024}$/.test(id)) throw incomplete();
  return id;
}

/**
 * Returns `<Code>` of an S3 error document. Null for another document, and for a code with other characters than letters and digits,
 * because error messages contain the code.
 */
export function errorCode(xml: string): string | null {
  // Most responses are not error documents, and some are empty. Do not parse these responses.
  if (!xml.includes('<Error')) return null;
  try {
    const code = textOf(parseXml(xml, 'Error'), 'Code') ?? '';
    return /^[A-Za-z0-9]{1,64}$/.test(code) ? code : null;
  } catch {
    return null;
  }
}

function read(xml: string, root: string, what: string): XmlElement {
  try {
    return parseXml(xml, root);
  } catch (cause) {
    throw new Error(`the store returned ${what} with something else`, { cause });
  }
}

/**
 * Returns the name of the next page, or null on the last page. Throws if a page is truncated but names no next page. Otherwise, the first
 * page would be listed forever.
 */
function nextPage(list: XmlElement, name: string): string | null {
  if (text(list, 'IsTruncated') !== 'true') return null;
  const next = text(list, name);
  if (!next) throw new Error('the store returned a page that names no next one');
  return next;
}

function text(element: XmlElement, name: string): string | null {
  try {
    return textOf(element, name);
  } catch (cause) {
    throw new Error('the store returned a character that does not exist', { cause });
  }
}

function parseInteger(value: string | null): number {
  const number = /^\d{1,16}$/.test(value ?? '') ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw incomplete();
  return number;
}

function incomplete(): Error {
  return new Error('the store returned an incomplete entry');
}

function decodeKey(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw new Error('the store returned a key that is not percent-encoded');
  }
}
