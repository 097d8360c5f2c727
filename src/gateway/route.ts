import { CLOSED_UNTIL, CLOSES_KEYS } from '../storage/embedded/closing.ts';
import { spaceHeaders } from '../storage/embedded/space-headers.ts';
import { keyProblem } from '../storage/keys.ts';
import { DECLARED_LENGTH, DECLARED_TYPE } from '../storage/s3/sigv4.ts';
import { unlessClosed } from './close-key.ts';
import type { Context, Handler } from './context.ts';
import { deleteObject } from './delete-object.ts';
import { S3Error } from './errors.ts';
import { getObject } from './get-object.ts';
import { listObjects } from './list-objects.ts';
import { abortUpload, beginUpload } from './multipart/begin.ts';
import { completeUpload } from './multipart/complete.ts';
import { listParts } from './multipart/list-parts.ts';
import { putPart } from './multipart/put-part.ts';
import { putObject } from './put-object.ts';
import { bodyAnnounced } from './respond.ts';
import { parameter, type Target } from './target.ts';

interface Route {
  handler: Handler;
  /** Parameters that this handler understands, besides those of the signature. */
  parameters: readonly string[];
  takesBody?: boolean;
}

const READ_PARAMETERS = ['response-content-type', 'response-content-disposition'];

const OBJECT_ROUTES: Record<string, Route> = {
  GET: { handler: withPlace(getObject), parameters: READ_PARAMETERS },
  HEAD: { handler: getObject, parameters: READ_PARAMETERS },
  PUT: {
    handler: unlessClosed(withPlace(putObject)),
    parameters: [DECLARED_LENGTH, DECLARED_TYPE],
    takesBody: true,
  },
  DELETE: { handler: deleteObject, parameters: [CLOSED_UNTIL] },
};

const BEGIN_ROUTES: Record<string, Route> = {
  POST: { handler: unlessClosed(beginUpload), parameters: ['uploads'] },
};

const UPLOAD_ROUTES: Record<string, Route> = {
  GET: { handler: listParts, parameters: ['uploadId', 'max-parts', 'part-number-marker'] },
  PUT: {
    handler: unlessClosed(withPlace(putPart)),
    parameters: ['uploadId', 'partNumber', DECLARED_LENGTH],
    takesBody: true,
  },
  POST: { handler: unlessClosed(completeUpload), parameters: ['uploadId'], takesBody: true },
  DELETE: { handler: abortUpload, parameters: ['uploadId'] },
};

const BUCKET_ROUTES: Record<string, Route> = {
  GET: {
    handler: listObjects,
    parameters: [
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

/** `x-id` only repeats the operation's name, as some SDKs do. */
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

/** The handler for a verified request. What it would not understand is refused, never ignored. Throws `S3Error`. */
export async function route(context: Context): Promise<void> {
  const { request, target, bucket } = context;
  if (target.bucket === '') throw new S3Error('NotImplemented', 'Buckets cannot be listed.');
  if (target.bucket !== bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist.');
  const isBucket = target.key === '';
  const found = routesOf(target)[request.method ?? ''];
  if (!found) throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');

  const foreign = target.query.find(
    ([name]) => !found.parameters.includes(name) && !SIGNATURE_PARAMETERS.includes(name),
  );
  if (foreign) throw new S3Error('NotImplemented', 'A query parameter implies functionality that is not implemented.');
  const header = Object.keys(request.headers).find((name) => name.startsWith('x-amz-') && !AMZ_HEADERS.includes(name));
  if (header)
    throw new S3Error('NotImplemented', `The header ${header} implies functionality that is not implemented.`);
  const problem = isBucket ? null : keyProblem(target.key);
  if (problem) throw new S3Error('InvalidArgument', `The key cannot be used: ${problem}.`);
  if (!found.takesBody && bodyAnnounced(request)) {
    throw new S3Error('InvalidRequest', 'This request takes no body.');
  }
  return found.handler(context);
}

function routesOf(target: Target): Record<string, Route> {
  if (target.key === '') return BUCKET_ROUTES;
  if (parameter(target, 'uploadId') !== null) return UPLOAD_ROUTES;
  return parameter(target, 'uploads') !== null ? BEGIN_ROUTES : OBJECT_ROUTES;
}

/** Reports the disk's space and this store's extensions to Airlock's own roles, never to holders of signed URLs. */
async function headBucket({ response, identity, disk, room }: Context): Promise<void> {
  await disk.check();
  const extra =
    identity.kind === 'header'
      ? { ...spaceHeaders({ ...(await room.space()), stagedBytes: disk.stagedBytes() }), [CLOSES_KEYS]: 'yes' }
      : {};
  response.writeHead(200, { 'content-length': 0, ...extra }).end();
}

/**
 * Makes a handler take a place among the transfers before it reads a body or opens a file. Airlock's own roles need no
 * place. Throws `SlowDown`.
 */
function withPlace(handler: Handler): Handler {
  return async (context) => {
    const { identity, request, target, transfers } = context;
    if (identity.kind === 'header') return handler(context);
    const release = transfers.take(request.method === 'PUT' ? 'PUT' : 'GET', target.key);
    try {
      await handler(context);
    } finally {
      release();
    }
  };
}
