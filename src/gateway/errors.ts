/** Error codes of S3 with their HTTP statuses. A comment explains each status that differs from S3's. */
const STATUS = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 403, // 400 in S3; Airlock's API responds with 403 to every invalid signature
  AuthorizationQueryParametersError: 403, // 400 in S3, as above
  BadDigest: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InsufficientStorage: 507,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  RequestTimeout: 408, // 400 in S3; 408 allows every HTTP client to retry
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorCode = keyof typeof STATUS;

/** An error that is reported to the client. The message never contains a signature or a query. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;
  /** Additional elements of the error document. */
  readonly extra: Record<string, string>;

  constructor(code: S3ErrorCode, message: string, extra: Record<string, string> = {}) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.status = STATUS[code];
    this.extra = extra;
  }
}

/** Converts any thrown value to an `S3Error`; null if the client has disconnected. */
export function toS3Error(error: unknown): S3Error | null {
  if (error instanceof S3Error) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new S3Error('InsufficientStorage', 'The disk of this server is full. Nothing was stored.');
    case 'ENAMETOOLONG':
      return new S3Error('InvalidArgument', 'The key is too long for the file system of this server.');
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return null;
    default:
      return new S3Error('InternalError', 'The request could not be served. Send it again.');
  }
}
