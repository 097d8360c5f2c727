import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { escaped, Rejection, sendXml } from './responses.ts';

export interface StoredObject {
  bytes: Buffer;
  type: string;
  generation: number;
  updated: Date;
  /** Number of parts of a multipart upload, whose entity tag is not an MD5 hash. */
  components: number;
}

/** A bucket in memory that handles requests for single objects. */
export class Bucket {
  readonly objects = new Map<string, StoredObject>();
  #generation = 1_700_000_000_000_000;

  readonly name: string;
  readonly now: () => number;
  constructor(name: string, now: () => number) {
    this.name = name;
    this.now = now;
  }

  store(key: string, bytes: Buffer, type: string, components = 0): StoredObject {
    const object = { bytes, type, generation: ++this.#generation, updated: new Date(this.now()), components };
    this.objects.set(key, object);
    return object;
  }

  async put(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    this.#checkGeneration(request, key);
    const source = request.headers['x-goog-copy-source'];
    if (source !== undefined) return this.#copy(String(source), response, key);
    const bytes = await bodyOf(request);
    const object = this.store(key, bytes, request.headers['content-type'] ?? 'application/octet-stream');
    response.writeHead(200, { ...metadata(object), 'content-length': 0 }).end();
  }

  get(request: IncomingMessage, response: ServerResponse, key: string, query: URLSearchParams): void {
    const object = this.#find(key);
    this.#checkGeneration(request, key);
    const { start, end } = rangeOf(request.headers.range, object.bytes.length);
    const part = request.headers.range !== undefined;
    const disposition = query.get('response-content-disposition');
    response.writeHead(part ? 206 : 200, {
      ...metadata(object),
      'accept-ranges': 'bytes',
      'content-type': query.get('response-content-type') ?? object.type,
      'content-length': end - start,
      'last-modified': object.updated.toUTCString(),
      ...(disposition && { 'content-disposition': disposition }),
      ...(part && { 'content-range': `bytes ${start}-${end - 1}/${object.bytes.length}` }),
    });
    response.end(request.method === 'HEAD' ? undefined : object.bytes.subarray(start, end));
  }

  delete(request: IncomingMessage, response: ServerResponse, key: string): void {
    this.#find(key);
    this.#checkGeneration(request, key);
    this.objects.delete(key);
    response.writeHead(204).end();
  }

  list(response: ServerResponse, query: URLSearchParams): void {
    if (query.get('list-type') !== '2') throw new Rejection(400, 'InvalidArgument', 'list-type');
    const [prefix, after] = [query.get('prefix') ?? '', query.get('continuation-token') ?? ''];
    const count = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
    const bytes = (text: string) => Buffer.from(text);
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort((left, right) => Buffer.compare(bytes(left), bytes(right)))
      .filter((key) => after === '' || Buffer.compare(bytes(key), Buffer.from(after, 'base64url')) > 0);
    const page = keys.slice(0, count);
    const shown = (key: string) => (query.get('encoding-type') === 'url' ? encodeURIComponent(key) : escaped(key));
    const entries = page.map((key) => {
      const object = this.objects.get(key)!;
      const facts = `<Size>${object.bytes.length}</Size><LastModified>${object.updated.toISOString()}</LastModified>`;
      return `<Contents><Key>${shown(key)}</Key><Generation>${object.generation}</Generation><MetaGeneration>1</MetaGeneration>${facts}<ETag>${etagOf(object)}</ETag></Contents>`;
    });
    const more = keys.length > page.length;
    const next = more
      ? `<NextContinuationToken>${bytes(page.at(-1)!).toString('base64url')}</NextContinuationToken>`
      : '';
    const head = `<Name>${this.name}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>`;
    sendXml(response, 200, 'ListBucketResult', `${head}${next}${entries.join('')}`);
  }

  #copy(source: string, response: ServerResponse, key: string): void {
    const [, bucket, ...rest] = decodeURIComponent(source).split('/');
    if (bucket !== this.name) throw new Rejection(404, 'NoSuchBucket');
    const from = this.#find(rest.join('/'));
    const object = this.store(key, from.bytes, from.type);
    const facts = `<LastModified>${object.updated.toISOString()}</LastModified><ETag>${etagOf(object)}</ETag>`;
    sendXml(response, 200, 'CopyObjectResult', facts);
  }

  #find(key: string): StoredObject {
    const object = this.objects.get(key);
    if (!object) throw new Rejection(404, 'NoSuchKey');
    return object;
  }

  #checkGeneration(request: IncomingMessage, key: string): void {
    const wanted = request.headers['x-goog-if-generation-match'];
    if (wanted === undefined) return;
    if (Number(wanted) !== (this.objects.get(key)?.generation ?? 0)) throw new Rejection(412, 'PreconditionFailed');
  }
}

/** Reads a body, whose length must be declared and within the signed range. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
    throw new Rejection(411, 'MissingContentLength');
  }
  const range = request.headers['x-goog-content-length-range'];
  const limits = range === undefined ? null : /^(\d+),(\d+)$/.exec(String(range));
  if (range !== undefined && !limits) throw new Rejection(400, 'InvalidArgument', 'x-goog-content-length-range');
  const bytes = await buffer(request);
  if (limits && bytes.length < Number(limits[1])) throw new Rejection(400, 'EntityTooSmall');
  if (limits && bytes.length > Number(limits[2])) throw new Rejection(400, 'EntityTooLarge');
  return bytes;
}

export function etagOf({ bytes, components, generation }: StoredObject): string {
  if (components > 0) return `"${Buffer.from(String(generation)).toString('base64')}-${components}"`;
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function metadata(object: StoredObject): Record<string, string | number> {
  return {
    etag: etagOf(object),
    'x-goog-generation': object.generation,
    'x-goog-metageneration': 1,
    'x-goog-stored-content-length': object.bytes.length,
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-storage-class': 'STANDARD',
    ...(object.components > 0 && { 'x-goog-component-count': object.components }),
  };
}

/** Returns the requested range. `end` is exclusive. */
function rangeOf(header: string | undefined, length: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: length };
  const found = /^bytes=(\d+)-(\d*)$/.exec(header);
  if (!found) throw new Rejection(400, 'InvalidArgument', 'Range');
  const start = Number(found[1]);
  if (start >= length) throw new Rejection(416, 'InvalidRange');
  return { start, end: Math.min(length, found[2] === '' ? length : Number(found[2]) + 1) };
}
