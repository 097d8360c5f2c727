import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ALGORITHM, credentialScope, type Pair, sign, UNSIGNED_PAYLOAD } from '../storage/s3/sigv4.ts';
import { checkDeclared, type Declared, declaredBy, declaredHeader, missingLength } from './declared.ts';
import { S3Error } from './errors.ts';
import { parameter, type SignedRequest, type Target } from './target.ts';

export interface Credential {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Verifier {
  /** More than one credential during a rotation. */
  credentials: readonly Credential[];
  region: string;
  /** Returns the time in milliseconds since 1970. */
  now: () => number;
}

export interface Identity {
  /** `query`: a client with a presigned URL. `header`: a process of Airlock. */
  kind: 'query' | 'header';
  signedHeaders: ReadonlySet<string>;
  /** Hex SHA-256 of the body, or null if the payload was not signed. */
  payloadSha256: string | null;
}

interface Claim {
  kind: Identity['kind'];
  credential: string;
  timestamp: string;
  signedHeaders: string;
  signature: string;
  payloadHash: string;
  query: readonly Pair[];
}

/** Maximum lifetime of a signed URL, in seconds. S3: "The maximum is 604800 seconds (seven days)." */
const MAX_EXPIRES = 604_800;
/** Tolerated clock skew in milliseconds: 15 minutes, as in S3. */
const SKEW_MS = 900_000;

/**
 * Verifies SigV4 in the query or in the Authorization header. Throws `S3Error` if the request is not signed, or if its time, scope, key or
 * signature is invalid.
 */
export function authenticate(request: SignedRequest, verifier: Verifier): Identity {
  const claim = readClaim(request);
  const at = parseTimestamp(claim.timestamp);
  // Check the time first: an expired URL is reported as expired, whether or not its signature was ever valid.
  checkTime(claim, at, request.target, verifier.now());

  const [accessKeyId = '', ...scope] = claim.credential.split('/');
  if (scope.join('/') !== credentialScope(claim.timestamp, verifier.region)) {
    throw malformed(
      claim.kind,
      `The credential must be of the form <key>/${credentialScope('<date>', verifier.region)}.`,
    );
  }
  const declared = claim.kind === 'query' ? declaredBy(request) : null;
  const headers = signedHeaders(claim, request, declared);
  const credential = verifier.credentials.find((each) => each.accessKeyId === accessKeyId);
  if (!credential) throw new S3Error('InvalidAccessKeyId', 'The access key of the signature does not exist.');

  const isSignedFor = (method: string): boolean => {
    const expected = sign(
      { method, path: request.target.path, query: claim.query, headers, payloadHash: claim.payloadHash },
      claim.timestamp,
      verifier.region,
      credential.secretAccessKey,
    );
    return timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(claim.signature, 'hex'));
  };
  // A URL signed for GET also permits HEAD, which download managers and players send first.
  const isPresignedHead = claim.kind === 'query' && request.method === 'HEAD';
  if (!isSignedFor(request.method) && !(isPresignedHead && isSignedFor('GET'))) {
    throw new S3Error('SignatureDoesNotMatch', mismatch(headers));
  }
  if (declared) checkDeclared(declared, request);
  return {
    kind: claim.kind,
    signedHeaders: new Set(headers.map(([name]) => name)),
    payloadSha256: claim.payloadHash === UNSIGNED_PAYLOAD ? null : claim.payloadHash,
  };
}

function readClaim({ target, headers }: SignedRequest): Claim {
  const presigned = target.query.some(([name]) => name.toLowerCase() === 'x-amz-signature');
  if (presigned && headers.authorization !== undefined) {
    throw new S3Error('InvalidRequest', 'A signed URL does not accept an Authorization header.');
  }
  if (presigned) return checkShape(queryClaim(target));
  if (headers.authorization !== undefined) return checkShape(headerClaim(target, headers));
  throw new S3Error('AccessDenied', 'The request is not signed.');
}

function queryClaim(target: Target): Claim {
  const required = (name: string): string => {
    const value = parameter(target, name);
    if (!value) throw malformed('query', `The parameter ${name} is missing.`);
    return value;
  };
  if (required('X-Amz-Algorithm') !== ALGORITHM) throw malformed('query', `X-Amz-Algorithm must be ${ALGORITHM}.`);
  return {
    kind: 'query',
    credential: required('X-Amz-Credential'),
    timestamp: required('X-Amz-Date'),
    signedHeaders: required('X-Amz-SignedHeaders'),
    signature: required('X-Amz-Signature'),
    payloadHash: UNSIGNED_PAYLOAD,
    query: target.query.filter(([name]) => name !== 'X-Amz-Signature'),
  };
}

function headerClaim(target: Target, headers: IncomingHttpHeaders): Claim {
  const match = /^AWS4-HMAC-SHA256 Credential=([^\s,]+), ?SignedHeaders=([^\s,]+), ?Signature=([^\s,]+)$/.exec(
    headers.authorization ?? '',
  );
  const timestamp = headers['x-amz-date'];
  const payloadHash = headers['x-amz-content-sha256'];
  if (!match || typeof timestamp !== 'string' || typeof payloadHash !== 'string') {
    throw malformed('header', `Authorization must be ${ALGORITHM}, with x-amz-date and x-amz-content-sha256.`);
  }
  if (payloadHash.startsWith('STREAMING-')) {
    throw new S3Error('NotImplemented', 'Chunk signatures are not supported; send UNSIGNED-PAYLOAD or the SHA-256.');
  }
  if (payloadHash !== UNSIGNED_PAYLOAD && !/^[0-9a-f]{64}$/.test(payloadHash)) {
    throw malformed('header', 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a hex SHA-256.');
  }
  return {
    kind: 'header',
    credential: match[1]!,
    timestamp,
    signedHeaders: match[2]!,
    signature: match[3]!,
    payloadHash,
    query: target.query,
  };
}

function checkShape(claim: Claim): Claim {
  if (!/^[0-9a-f]{64}$/.test(claim.signature)) throw malformed(claim.kind, 'The signature must be 64 hex digits.');
  return claim;
}

function checkTime(claim: Claim, at: number | null, target: Target, now: number): void {
  if (at === null) throw malformed(claim.kind, 'The date must be of the form YYYYMMDDTHHMMSSZ.');
  if (claim.kind === 'header') {
    if (Math.abs(now - at) <= SKEW_MS) return;
    throw new S3Error(
      'RequestTimeTooSkewed',
      "The date of the request differs from this server's clock by more than 15 minutes.",
    );
  }
  const text = parameter(target, 'X-Amz-Expires') ?? '';
  const seconds = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_EXPIRES) {
    throw malformed('query', `X-Amz-Expires must be an integer from 1 to ${MAX_EXPIRES}.`);
  }
  const end = at + seconds * 1000;
  if (now >= end) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      Expires: new Date(end).toISOString(),
      ServerTime: new Date(now).toISOString(),
    });
  }
  if (at > now + SKEW_MS) throw new S3Error('AccessDenied', 'Request is not valid yet');
}

/**
 * Returns the signed headers. Throws `S3Error` if `host` or a header that affects the request is not signed, or if a signed header is not
 * sent exactly once.
 */
function signedHeaders(claim: Claim, request: SignedRequest, declared: Declared | null): Pair[] {
  const names = claim.signedHeaders.split(';');
  if (names.some((name, index) => !/^[a-z0-9-]+$/.test(name) || (index > 0 && name <= names[index - 1]!))) {
    throw malformed(claim.kind, 'The signed headers must be lower-case, sorted and unique.');
  }
  if (!names.includes('host')) throw malformed(claim.kind, 'The header host must be signed.');
  const received = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  for (const name of received) {
    const mustBeSigned = name.startsWith('x-amz-') || (claim.kind === 'header' && name === 'content-type');
    if (mustBeSigned && !names.includes(name)) {
      throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
        HeadersNotSigned: name,
      });
    }
  }
  return names.map((name) => {
    const pair = declared && declaredHeader(declared, name);
    if (pair) return pair;
    const value = request.headers[name];
    if (name === 'content-length' && value === undefined && request.method === 'PUT') throw missingLength();
    if (received.filter((each) => each === name).length !== 1 || typeof value !== 'string') {
      throw new S3Error('SignatureDoesNotMatch', `The signed header ${name} must be sent exactly once.`);
    }
    return [name, value] as const;
  });
}

/**
 * Returns a message with the headers that the server received, so that the user can find the difference. The message contains only data
 * from the client.
 */
function mismatch(headers: readonly Pair[]): string {
  const seen = headers.map(([name, value]) => `${name}: ${value.slice(0, 100)}`).join(', ');
  return `The method, path, query or a signed header is not what was signed. Signed headers as received: ${seen}`;
}

function malformed(kind: Claim['kind'], message: string): S3Error {
  return new S3Error(kind === 'query' ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed', message);
}

function parseTimestamp(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1);
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? null : at;
}
