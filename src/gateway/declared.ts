import { DECLARED_LENGTH, DECLARED_TYPE, type Pair } from '../storage/s3/sigv4.ts';
import { S3Error } from './errors.ts';
import { parameter, type SignedRequest } from './target.ts';

/**
 * What a signed URL for PUT declares about its upload. S3 signs length and type as headers, so a wrong one is no more
 * than a signature that does not match; our URLs repeat both in the query, under the same signature, so that a refusal
 * can say what was declared and what came.
 */
export interface Declared {
  length: string;
  /** Null for a part of a multipart upload: its type was named when that began. */
  type: string | null;
}

/** Null for a request that is not a PUT, or whose URL declares nothing. */
export function declaredBy({ method, target }: SignedRequest): Declared | null {
  const [length, type] = [parameter(target, DECLARED_LENGTH), parameter(target, DECLARED_TYPE)];
  const isPart = parameter(target, 'uploadId') !== null;
  return method === 'PUT' && length !== null && isPart === (type === null) ? { length, type } : null;
}

/** The header as it was signed. */
export function declaredHeader(declared: Declared, name: string): Pair | null {
  if (name === 'content-length') return [name, declared.length];
  return name === 'content-type' && declared.type !== null ? [name, declared.type] : null;
}

/** Throws when length or type of the request are not what its URL, whose signature has been verified, declares. */
export function checkDeclared(declared: Declared, { headers, rawHeaders }: SignedRequest): void {
  const length = headers['content-length'];
  if (length === undefined || headers['transfer-encoding'] !== undefined) throw missingLength();
  const types = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'content-type',
  );
  const type = types.map((value) => value.trim()).join(', ');
  if (declared.type !== null && type !== declared.type) {
    const came = type === '' ? 'none' : `"${type.slice(0, 100)}"`;
    throw new S3Error(
      'SignatureDoesNotMatch',
      `The content type "${declared.type}" was declared, but ${came} came. Send the header Content-Type: ${declared.type}`,
      { DeclaredContentType: declared.type, ReceivedContentType: type.slice(0, 100) },
    );
  }
  if (length === declared.length) return;
  const sizes = `${declared.length} bytes were declared, but ${length.slice(0, 20)} came.`;
  if (Number(length) > Number(declared.length)) {
    throw new S3Error('EntityTooLarge', `${sizes} Ask for a new upload URL with the true size.`, {
      ProposedSize: length.slice(0, 20),
      MaxSizeAllowed: declared.length,
    });
  }
  throw new S3Error('SignatureDoesNotMatch', `${sizes} Send the whole file, or ask for a new upload URL.`);
}

export function missingLength(): S3Error {
  return new S3Error(
    'MissingContentLength',
    'You must provide the Content-Length HTTP header, and no Transfer-Encoding.',
  );
}
