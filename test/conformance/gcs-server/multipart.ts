import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Bucket, bodyOf, etagOf } from './objects.ts';
import { Rejection, sendXml } from './responses.ts';

interface Upload {
  key: string;
  type: string;
  parts: Map<number, { bytes: Buffer; etag: string; at: Date }>;
}

const LEAST_PART = 5 * 1_048_576;

/** Implements multipart uploads of the XML API: https://cloud.google.com/storage/docs/multipart-uploads */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  readonly bucket: Bucket;
  constructor(bucket: Bucket) {
    this.bucket = bucket;
  }

  begin(request: IncomingMessage, response: ServerResponse, key: string): void {
    if (request.headers['content-length'] !== '0') throw new Rejection(411, 'MissingContentLength');
    const id = randomBytes(40).toString('base64url');
    const type = request.headers['content-type'] ?? 'application/octet-stream';
    this.#uploads.set(id, { key, type, parts: new Map() });
    const body = `<Bucket>${this.bucket.name}</Bucket><Key>${encodeURIComponent(key)}</Key><UploadId>${id}</UploadId>`;
    sendXml(response, 200, 'InitiateMultipartUploadResult', body);
  }

  async putPart(request: IncomingMessage, response: ServerResponse, key: string, query: URLSearchParams) {
    const { parts } = this.#find(key, query);
    const number = Number(query.get('partNumber'));
    if (!(Number.isInteger(number) && number >= 1 && number <= 10_000)) throw new Rejection(400, 'InvalidArgument');
    const bytes = await bodyOf(request);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    parts.set(number, { bytes, etag, at: new Date(this.bucket.now()) });
    response.writeHead(200, { etag, 'content-length': 0 }).end();
  }

  list(response: ServerResponse, key: string, query: URLSearchParams): void {
    const { parts } = this.#find(key, query);
    const after = Number(query.get('part-number-marker') ?? 0);
    const all = [...parts].filter(([number]) => number > after).sort(([left], [right]) => left - right);
    const page = all.slice(0, 2);
    const more = all.length > page.length;
    const next = more ? `<NextPartNumberMarker>${page.at(-1)![0]}</NextPartNumberMarker>` : '';
    const entries = page.map(
      ([number, { bytes, etag, at }]) =>
        `<Part><PartNumber>${number}</PartNumber><LastModified>${at.toISOString()}</LastModified><ETag>${etag.replaceAll('"', '&quot;')}</ETag><Size>${bytes.length}</Size></Part>`,
    );
    sendXml(response, 200, 'ListPartsResult', `<IsTruncated>${more}</IsTruncated>${next}${entries.join('')}`);
  }

  async complete(request: IncomingMessage, response: ServerResponse, key: string, query: URLSearchParams) {
    const upload = this.#find(key, query);
    const named = namedParts(String(await buffer(request)));
    const parts = named.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      if (!part || part.etag !== etag) throw new Rejection(400, 'InvalidPart');
      return part.bytes;
    });
    if (named.some(({ number }, index) => index > 0 && number <= named[index - 1]!.number)) {
      throw new Rejection(400, 'InvalidPartOrder');
    }
    if (parts.slice(0, -1).some(({ length }) => length < LEAST_PART)) throw new Rejection(400, 'EntityTooSmall');
    const object = this.bucket.store(key, Buffer.concat(parts), upload.type, parts.length);
    this.#uploads.delete(query.get('uploadId')!);
    const etag = etagOf(object).replaceAll('"', '&quot;');
    sendXml(response, 200, 'CompleteMultipartUploadResult', `<Bucket>${this.bucket.name}</Bucket><ETag>${etag}</ETag>`);
  }

  abort(response: ServerResponse, key: string, query: URLSearchParams): void {
    this.#find(key, query);
    this.#uploads.delete(query.get('uploadId')!);
    response.writeHead(204).end();
  }

  #find(key: string, query: URLSearchParams): Upload {
    const upload = this.#uploads.get(query.get('uploadId') ?? '');
    if (upload?.key !== key) throw new Rejection(404, 'NoSuchUpload');
    return upload;
  }
}

function namedParts(xml: string): { number: number; etag: string }[] {
  const entry = /<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g;
  const complete = /^<CompleteMultipartUpload>(<Part>.*<\/Part>)<\/CompleteMultipartUpload>$/.exec(xml);
  if (!complete) throw new Rejection(400, 'MalformedCompleteMultipartUploadRequest');
  return [...complete[1]!.matchAll(entry)].map(([, number, etag]) => ({
    number: Number(number),
    etag: etag!.replace(/&#34;|&quot;/g, '"'),
  }));
}
