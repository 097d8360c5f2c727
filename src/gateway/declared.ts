import { DECLARED_LENGTH, DECLARED_TYPE, type Pair } from '../storage/s3/sigv4.ts';
import { S3Error } from './errors.ts';
import { parameter, type SignedRequest } from './target.ts';

/**
 * Length and type that a signed URL for PUT declares. S3 signs both as headers, so a wrong value causes only a signature mismatch.
 * Airlock's URLs repeat both in the query, under the same signature, so that an error can contain the declared and the received value.
 */
export interface Declared {
  length: string;
  /** Null for a part of a multipart upload, whose type was declared when the upload began. */
  type: string | null;
}

/** Returns the declared length and type. Null for a request that is not a PUT, or whose URL declares nothing. */
export function declaredBy({ method, target }: SignedRequest): Declared | null {
  const [length, type] = [parameter(target, DECLARED_LENGTH), parameter(target, DECLARED_TYPE)];
  const isPart = parameter(target, 'uploadId') !== null;
  return method === 'PUT' && length !== null && isPart === (type === null) ? { length, type } : null;
}

/** Returns a declared header as it was signed. Null if the URL does not declare this header. */
export function declaredHeader(declared: Declared, name: string): Pair | null {
  if (name === 'content-length') return [name, declared.length];
  return name === 'content-type' && declared.type !== null ? [name, declared.type] : null;
}

/**
 * Throws if length or type of the request differ from the values that its URL declares. The signature of the URL must already be verified.
 */
export function checkDeclared(declared: Declared, { headers, rawHeaders }: SignedRequest): void {
  const length = headers['content-length'];
  if (length === undefined || headers['transfer-encoding'] !== undefined) throw missingLength();
  const types = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'content-type',
  );
  const type = types.map((value) => value.trim()).join(', ');
  if (declared.type !== null && type !== declared.type) {
    const received = type === '' ? 'none' : `"${type.slice(0, 100)}"`;
    throw new S3Error(
      'SignatureDoesNotMatch',
      `The content type "${declared.type}" was declared, but ${received} was received. Send the header Content-Type: ${declared.type}`,
      { DeclaredContentType: declared.type, ReceivedContentType: type.slice(0, 100) },
    );
  }
  if (length === declared.length) return;
  const sizes = `${declared.length} bytes were declared, but ${length.slice(0, 20)} were received.`;
  if (Number(length) > Number(declared.length)) {
    throw new S3Error('EntityTooLarge', `${sizes} Request a new upload URL with the actual size.`, {
      ProposedSize: length.slice(0, 20),
      MaxSizeAllowed: declared.length,
    });
  }
  throw new S3Error('SignatureDoesNotMatch', `${sizes} Send the entire file, or request a new upload URL.`);
}

export function missingLength(): S3Error {
  return new S3Error(
    'MissingContentLength',
    'You must provide the Content-Length HTTP header, and no Transfer-Encoding.',
  );
}
