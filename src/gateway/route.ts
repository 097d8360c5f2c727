import { isBodyAnnounced } from '../listener/request-body.ts';
import { CLOSED_UNTIL, CLOSES_KEYS } from '../storage/embedded/closing.ts';
import { FILE_MARK, HANDED_OVER } from '../storage/embedded/hand-over.ts';
import { PART_SIZE } from '../storage/embedded/part-size.ts';
import { spaceHeaders } from '../storage/embedded/space-headers.ts';
import { STORED } from '../storage/embedded/stored-feed.ts';
import { keyProblem } from '../storage/keys.ts';
import { DECLARED_LENGTH, DECLARED_TYPE } from '../storage/s3/sigv4.ts';
import { unlessClosed } from './close-key.ts';
import type { Context, Handler } from './context.ts';
import { deleteObject } from './delete-object.ts';
import { S3Error } from './errors.ts';
import { followStored } from './follow-stored.ts';
import { getObject } from './get-object.ts';
import { listObjects } from './list-objects.ts';
import { abortUpload, beginUpload } from './multipart/begin.ts';
import { completeUpload } from './multipart/complete.ts';
import { getPart } from './multipart/get-part.ts';
import { listParts } from './multipart/list-parts.ts';
import { putPart } from './multipart/put-part.ts';
import { putObject } from './put-object.ts';
import { parameter, type Target } from './target.ts';

interface Route {
  handler: Handler;
  /** Supported query parameters, except the parameters of the signature. */
  parameters: readonly string[];
  acceptsBody?: boolean;
}

const READ_PARAMETERS = ['response-content-type', 'response-content-disposition'];

const OBJECT_ROUTES: Record<string, Route> = {
  GET: { handler: withTransferPermit(getObject), parameters: READ_PARAMETERS },
  HEAD: { handler: getObject, parameters: READ_PARAMETERS },
  PUT: {
    handler: unlessClosed(withTransferPermit(putObject)),
    parameters: [DECLARED_LENGTH, DECLARED_TYPE, HANDED_OVER, FILE_MARK],
    acceptsBody: true,
  },
  DELETE: { handler: deleteObject, parameters: [CLOSED_UNTIL] },
};

const BEGIN_ROUTES: Record<string, Route> = {
  POST: { handler: unlessClosed(beginUpload), parameters: ['uploads', PART_SIZE] },
};

const UPLOAD_ROUTES: Record<string, Route> = {
  GET: { handler: readParts, parameters: ['uploadId', 'partNumber', 'max-parts', 'part-number-marker'] },
  PUT: {
    handler: unlessClosed(withTransferPermit(putPart)),
    parameters: ['uploadId', 'partNumber', DECLARED_LENGTH],
    acceptsBody: true,
  },
  POST: { handler: unlessClosed(completeUpload), parameters: ['uploadId'], acceptsBody: true },
  DELETE: { handler: abortUpload, parameters: ['uploadId'] },
};

const BUCKET_ROUTES: Record<string, Route> = {
  GET: {
    handler: readBucket,
    parameters: [
      STORED,
      'list-type',
      'prefix',
      'max-keys',
      'continuation-token',
      'start-after',
      'encoding-type',
      'delimiter',
      'fetch-owner',
    ],
  },
  HEAD: { handler: headBucket, parameters: [] },
};

/** Query parameters that every route accepts. Some SDKs add `x-id`, which only repeats the operation name. */
const SIGNATURE_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'x-id',
];

const AMZ_HEADERS = ['x-amz-date', 'x-amz-content-sha256', 'x-amz-copy-source', 'x-amz-metadata-directive'];

/** Calls the handler of an authenticated request. Rejects unknown parameters and headers. Throws `S3Error`. */
export async function route(context: Context): Promise<void> {
  const { request, target, bucket } = context;
  if (target.bucket === '') throw new S3Error('NotImplemented', 'Buckets cannot be listed.');
  if (target.bucket !== bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist.');
  const isBucket = target.key === '';
  const found = routesOf(target)[request.method ?? ''];
  if (!found) throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');

  const unknown = target.query.find(
    ([name]) => !found.parameters.includes(name) && !SIGNATURE_PARAMETERS.includes(name),
  );
  if (unknown) throw new S3Error('NotImplemented', 'A query parameter implies functionality that is not implemented.');
  const header = Object.keys(request.headers).find((name) => name.startsWith('x-amz-') && !AMZ_HEADERS.includes(name));
  if (header)
    throw new S3Error('NotImplemented', `The header ${header} implies functionality that is not implemented.`);
  const problem = isBucket ? null : keyProblem(target.key);
  if (problem) throw new S3Error('InvalidArgument', `The key cannot be used: ${problem}.`);
  if (!found.acceptsBody && isBodyAnnounced(request.headers)) {
    throw new S3Error('InvalidRequest', 'This request does not accept a body.');
  }
  return found.handler(context);
}

function routesOf(target: Target): Record<string, Route> {
  if (target.key === '') return BUCKET_ROUTES;
  if (parameter(target, 'uploadId') !== null) return UPLOAD_ROUTES;
  return parameter(target, 'uploads') !== null ? BEGIN_ROUTES : OBJECT_ROUTES;
}

/** Lists objects, or reports uploads as they arrive. */
function readBucket(context: Context): Promise<void> {
  return parameter(context.target, STORED) === null ? listObjects(context) : followStored(context);
}

/** Returns one part, or the list of all parts. */
function readParts(context: Context): Promise<void> {
  return parameter(context.target, 'partNumber') === null ? listParts(context) : getPart(context);
}

/** Reports disk space and the extensions of this store to internal roles. A signed URL gets a response without this information. */
async function headBucket({ response, identity, disk, uploads, reservations }: Context): Promise<void> {
  await disk.check();
  const stagedBytes = disk.stagedBytes() + uploads.stagedBytes();
  const extra =
    identity.kind === 'header'
      ? { ...spaceHeaders({ ...(await reservations.space()), stagedBytes }), [CLOSES_KEYS]: 'yes' }
      : {};
  response.writeHead(200, { 'content-length': 0, ...extra }).end();
}

/**
 * Makes a handler acquire a transfer permit before it reads a body or opens a file. Internal roles need no permit. The handler throws
 * `SlowDown` if no permit is free.
 */
function withTransferPermit(handler: Handler): Handler {
  return async (context) => {
    const { identity, request, target, transfers } = context;
    if (identity.kind === 'header') return handler(context);
    const release = transfers.acquire(request.method === 'PUT' ? 'PUT' : 'GET', target.key);
    try {
      await handler(context);
    } finally {
      release();
    }
  };
}
