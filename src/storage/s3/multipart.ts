import { PART_SIZE } from '../embedded/part-size.ts';
import { type ObjectStore, StorageError, type StoredPart } from '../types.ts';
import { escapeXml } from '../xml.ts';
import { checkExpiry, checkKey, checkPartNumber, checkSize, invalid, MAX_PARTS } from './checks.ts';
import { readDocument, readText, type S3Client, storageError } from './client.ts';
import { errorCode, type PartPage, parsePartPage, parseUploadId } from './responses.ts';
import type { Signer } from './signer.ts';

type MultipartCalls = Pick<
  ObjectStore,
  'createMultipart' | 'presignPart' | 'putPart' | 'listParts' | 'completeMultipart' | 'abortMultipart'
>;

/** Multipart uploads: the store keeps the parts until one call combines them into an object. */
export function multipartCalls(client: S3Client, signer: Signer, takesPartSize = false): MultipartCalls {
  return {
    async createMultipart(key, { contentType, partSize }) {
      checkKey(key);
      // After a lost response, a retry begins a second upload. The store deletes the first upload later.
      const headers = { 'content-type': contentType, 'content-length': '0' };
      const query = { uploads: '', ...(takesPartSize && partSize && { [PART_SIZE]: String(partSize) }) };
      const call = { method: 'POST', key, query, headers, expected: [200] } as const;
      return readDocument(await client.send(call), 'POST', parseUploadId);
    },

    async presignPart(key, { uploadId, partNumber, size, expiresIn }) {
      checkKey(key);
      checkExpiry(expiresIn);
      checkSize(size);
      checkPartNumber(partNumber);
      return signer.presignPut(key, { size, expiresIn, query: { partNumber: String(partNumber), uploadId } });
    },

    async putPart(key, { uploadId, partNumber, bytes, outagePolicy }) {
      checkKey(key);
      checkPartNumber(partNumber);
      const response = await client.send({
        method: 'PUT',
        key,
        query: { partNumber: String(partNumber), uploadId },
        headers: { 'content-length': String(bytes.length) },
        body: () => bytes,
        expected: [200],
        ...(outagePolicy && { outagePolicy }),
      });
      response.resume();
      const { etag } = response.headers;
      if (!etag) throw new StorageError('storage returned no entity tag for a part', { retry: false });
      return etag;
    },

    listParts: partLister(client),
    completeMultipart: completer(client),

    async abortMultipart(key, uploadId) {
      checkKey(key);
      const response = await client.send({ method: 'DELETE', key, query: { uploadId }, expected: [200, 204, 404] });
      response.resume();
    },
  };
}

function partLister(client: S3Client): ObjectStore['listParts'] {
  return async (key, uploadId) => {
    checkKey(key);
    const parts: StoredPart[] = [];
    let marker: string | null = null;
    do {
      const query: Record<string, string> = { uploadId, ...(marker && { 'part-number-marker': marker }) };
      const response = await client.send({ method: 'GET', key, query, expected: [200, 404] });
      if (response.statusCode === 404) {
        response.resume();
        return null;
      }
      const page: PartPage = await readDocument(response, 'GET', parsePartPage);
      parts.push(...page.parts);
      if (parts.length > MAX_PARTS) throw invalid('an upload has more parts than there can be');
      marker = page.next;
    } while (marker);
    return parts;
  };
}

function completer(client: S3Client): ObjectStore['completeMultipart'] {
  return async (key, uploadId, parts, outagePolicy) => {
    checkKey(key);
    if (parts.length === 0 || parts.length > MAX_PARTS) throw invalid(`an upload has 1 to ${MAX_PARTS} parts`);
    const body = Buffer.from(completeDocument(parts));
    const response = await client.send({
      method: 'POST',
      key,
      query: { uploadId },
      headers: { 'content-type': 'application/xml', 'content-length': String(body.length) },
      body: () => body,
      expected: [200, 404],
      ...(outagePolicy && { outagePolicy }),
    });
    const text = await readText(response).catch((error) => {
      throw storageError({ method: 'POST' }, error);
    });
    const code = errorCode(text);
    if (response.statusCode === 404 && code === 'NoSuchUpload') return false;
    // "A request could return a 200 OK and then fail" (S3, CompleteMultipartUpload).
    if (response.statusCode === 404 || code) {
      throw new StorageError(`storage rejected the completion of an upload: ${code ?? response.statusCode}`, {
        retry: response.statusCode === 200 && code === 'InternalError',
        status: response.statusCode,
        code,
      });
    }
    return true;
  };
}

function completeDocument(parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[]): string {
  const entries = parts.map(({ partNumber, etag }) => {
    checkPartNumber(partNumber);
    return `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`;
  });
  return `<CompleteMultipartUpload>${entries.join('')}</CompleteMultipartUpload>`;
}
