import type { ListedObject, StoredPart } from '../types.ts';
import { childrenOf, parseXml, textOf, type XmlElement } from '../xml.ts';

/*
 * What a store says in XML. Whatever it says is read or refused with a sentence that begins with "the store answered": a
 * server behind the address may be another one than it should be.
 */

export interface ListPage {
  objects: ListedObject[];
  /** Null on the last page. */
  next: string | null;
}

export interface PartPage {
  parts: StoredPart[];
  /** Null on the last page. */
  next: string | null;
}

/** Reads a ListObjectsV2 answer that was asked for with `encoding-type=url`. */
export function parseListPage(xml: string): ListPage {
  const list = read(xml, 'ListBucketResult', 'a list request');
  const objects = childrenOf(list, 'Contents').map((entry) => ({
    key: decodeKey(text(entry, 'Key') ?? ''),
    size: wholeNumber(text(entry, 'Size')),
    lastModified: new Date(text(entry, 'LastModified') ?? Number.NaN),
  }));
  if (objects.some(({ key, lastModified }) => key === '' || Number.isNaN(lastModified.getTime()))) throw incomplete();
  return { objects, next: nextPage(list, 'NextContinuationToken') };
}

/** Reads a ListParts answer. */
export function parsePartPage(xml: string): PartPage {
  const list = read(xml, 'ListPartsResult', 'a list of parts');
  const parts = childrenOf(list, 'Part').map((entry) => ({
    partNumber: wholeNumber(text(entry, 'PartNumber')),
    size: wholeNumber(text(entry, 'Size')),
    etag: text(entry, 'ETag') ?? '',
  }));
  if (parts.some(({ etag }) => etag === '')) throw incomplete();
  return { parts, next: nextPage(list, 'NextPartNumberMarker') };
}

/** The id of an upload that was begun. */
export function parseUploadId(xml: string): string {
  const id = text(read(xml, 'InitiateMultipartUploadResult', 'a multipart upload'), 'UploadId');
  // S3: "can contain any characters"; what is none of these could not be signed or logged safely.
  if (id === null || !/^[\x21-\x7e]{1,1024}$/.test(id)) throw incomplete();
  return id;
}

/** `<Code>` of an S3 error document, when there is one. Letters and digits only: it goes into error texts. */
export function errorCode(xml: string): string | null {
  // Most answers are none, and some are empty: those are not parsed.
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
    throw new Error(`the store answered ${what} with something else`, { cause });
  }
}

/** A store that says that there is more and not where would give the first page for ever. */
function nextPage(list: XmlElement, name: string): string | null {
  if (text(list, 'IsTruncated') !== 'true') return null;
  const next = text(list, name);
  if (!next) throw new Error('the store answered with a page that names no next one');
  return next;
}

function text(element: XmlElement, name: string): string | null {
  try {
    return textOf(element, name);
  } catch (cause) {
    throw new Error('the store answered with a character that does not exist', { cause });
  }
}

function wholeNumber(value: string | null): number {
  const number = /^\d{1,16}$/.test(value ?? '') ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw incomplete();
  return number;
}

function incomplete(): Error {
  return new Error('the store answered with an incomplete entry');
}

function decodeKey(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw new Error('the store answered with a key that is not percent-encoded');
  }
}
