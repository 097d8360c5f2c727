import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startSource } from '../../../testkit/source-server.ts';
import { authorize, type Guard } from './authorize.ts';
import { Uploads } from './multipart.ts';
import { Bucket } from './objects.ts';
import { Rejection, sendRejection } from './responses.ts';

const BUCKET = 'airlock-conformance';
const EMAIL = 'airlock@project.iam.gserviceaccount.com';
const KEY_ID = 'key-1';

export interface GcsServer {
  endpoint: string;
  bucket: Bucket;
  /** Text of the service account's key file. */
  keyFile: string;
  pem: string;
  email: string;
  /** Tokens that the server accepts in addition to tokens that the key has signed. */
  tokens: Set<string>;
  /** Method and path of each request, without its query. */
  seen: string[];
  /** If set, the server rejects every request with this error. */
  fault: { status: number; code: string } | null;
  advance(ms: number): void;
  close(): Promise<void>;
}

/**
 * Starts a server of the XML API of Google Cloud Storage with one bucket in memory. The server is as strict as Google's documentation, and
 * shares no code with the client under test.
 */
export async function startGcsServer(): Promise<GcsServer> {
  let offset = 0;
  const now = () => Date.now() + offset;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const tokens = new Set<string>();
  const bucket = new Bucket(BUCKET, now);
  const uploads = new Uploads(bucket);
  const guard: Guard = { email: EMAIL, keyId: KEY_ID, publicKey, now, tokens };
  const { url: endpoint, close } = await startSource((request, response) => {
    server.seen.push(`${request.method} ${request.url!.split('?')[0]}`);
    response.setHeader('date', new Date(now()).toUTCString());
    return respond(request, response).catch((error) => {
      if (response.headersSent || response.destroyed) return;
      const rejection = error instanceof Rejection ? error : new Rejection(500, 'InternalError', String(error));
      request.resume();
      sendRejection(response, rejection, request.method === 'HEAD');
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (server.fault) throw new Rejection(server.fault.status, server.fault.code);
    authorize(request, guard);
    const [path, search] = request.url!.split('?', 2) as [string, string?];
    const [, name, ...rest] = path.split('/');
    if (name !== BUCKET) throw new Rejection(404, 'NoSuchBucket');
    const key = decodeURIComponent(rest.join('/'));
    await route({ bucket, uploads }, request, response, key, new URLSearchParams(search));
  }

  const fields = { type: 'service_account', client_email: EMAIL, private_key_id: KEY_ID, private_key: pem };
  const server: GcsServer = {
    ...{ endpoint, bucket, pem, email: EMAIL, tokens, seen: [], fault: null },
    keyFile: JSON.stringify(fields),
    advance(ms) {
      offset += ms;
    },
    close,
  };
  return server;
}

async function route(
  { bucket, uploads }: { bucket: Bucket; uploads: Uploads },
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  query: URLSearchParams,
) {
  const upload = query.has('uploadId');
  switch (request.method) {
    case 'GET':
      if (key === '') return bucket.list(response, query);
      if (upload) return uploads.list(response, key, query);
      return bucket.get(request, response, key, query);
    case 'HEAD':
      return bucket.get(request, response, key, query);
    case 'PUT':
      return upload ? uploads.putPart(request, response, key, query) : bucket.put(request, response, key);
    case 'POST':
      if (query.has('uploads')) return uploads.begin(request, response, key);
      if (upload) return uploads.complete(request, response, key, query);
      throw new Rejection(400, 'InvalidArgument');
    case 'DELETE':
      return upload ? uploads.abort(response, key, query) : bucket.delete(request, response, key);
    default:
      throw new Rejection(405, 'MethodNotAllowed');
  }
}
