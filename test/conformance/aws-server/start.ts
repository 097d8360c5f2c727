import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsV4Signer } from 'aws4fetch';
import { httpServer, listen } from '../../../testkit/servers.ts';
import { type Identities, responseIdentity } from './identities.ts';

export interface AwsServer extends Identities {
  origin: string;
  /** Advances the clock of the server. */
  advance(ms: number): void;
  close(): Promise<void>;
}

/**
 * Starts the AWS services that issue keys, and a bucket `media` that accepts only requests signed with these keys. The code shares nothing
 * with Airlock: aws4fetch verifies signatures. `socketPath` is a Unix socket to listen on, so that a bucket can be part of a host name that
 * no DNS server resolves.
 */
export async function startAwsServer(socketPath?: string): Promise<AwsServer> {
  let offset = 0;
  const state: Identities = {
    ...{ issued: [], asked: [], lifetimeMs: 3_600_000, failure: null },
    now: () => Date.now() + offset,
  };
  const server = httpServer(async (request, response) => {
    const reply = await responseIdentity(request, state);
    if (reply) response.writeHead(reply.status).end(reply.body);
    else await responseBucket(request, response, state);
  });
  const { url, close } = await listen(server, { path: socketPath });
  return Object.assign(state, {
    origin: socketPath ? 'http://s3.test' : url,
    advance: (ms: number) => {
      offset += ms;
    },
    close,
  });
}

async function responseBucket(request: IncomingMessage, response: ServerResponse, state: Identities): Promise<void> {
  const host = request.headers.host!;
  const url = new URL(request.url!, `http://${host}`);
  const named = host.startsWith('media.') ? url.pathname.slice(1) : url.pathname.replace(/^\/media(\/|$)/, '');
  const rejection = named.startsWith('/') ? 'NoSuchBucket' : await rejectionOf(request, url, state);
  request.resume();
  response.setHeader('date', new Date(state.now()).toUTCString());
  if (rejection)
    response.writeHead(403).end(request.method === 'HEAD' ? '' : `<Error><Code>${rejection}</Code></Error>`);
  else response.writeHead(200).end(request.method === 'GET' ? decodeURIComponent(named) : '');
}

/** Returns why the signature or its keys are not valid; null if they are. */
async function rejectionOf({ method, headers }: IncomingMessage, url: URL, state: Identities): Promise<string | null> {
  const inQuery = url.searchParams.has('X-Amz-Signature');
  const credential = inQuery
    ? url.searchParams.get('X-Amz-Credential')!
    : /Credential=([^,]+)/.exec(headers.authorization ?? '')?.[1];
  const [id, , region] = credential?.split('/') ?? [];
  const keys = state.issued.find((issued) => issued.id === id);
  if (!keys || !region) return 'InvalidAccessKeyId';
  const token = inQuery ? url.searchParams.get('X-Amz-Security-Token') : headers['x-amz-security-token'];
  if (token !== keys.token) return 'InvalidToken';
  if (keys.expires.getTime() <= state.now()) return 'ExpiredToken';
  const names = inQuery
    ? url.searchParams.get('X-Amz-SignedHeaders')!
    : /SignedHeaders=([^,]+)/.exec(headers.authorization!)![1]!;
  const signed = names.split(';').filter((name) => name !== 'host' && !name.startsWith('x-amz-security'));
  const bare = new URL(url);
  for (const name of [...url.searchParams.keys()]) {
    if (name.startsWith('X-Amz-') && name !== 'X-Amz-Expires') bare.searchParams.delete(name);
  }
  const expected = await new AwsV4Signer({
    ...{ accessKeyId: keys.id, secretAccessKey: keys.secret, sessionToken: keys.token },
    ...{ service: 's3', region, method: method!, url: bare.href, signQuery: inQuery, allHeaders: true },
    datetime: inQuery ? url.searchParams.get('X-Amz-Date')! : String(headers['x-amz-date']),
    headers: Object.fromEntries(
      signed.filter((name) => name !== 'x-amz-date').map((name) => [name, String(headers[name])]),
    ),
  }).sign();
  const [got, wanted] = inQuery
    ? [url.searchParams.get('X-Amz-Signature'), expected.url.searchParams.get('X-Amz-Signature')]
    : [headers.authorization, expected.headers.get('authorization')].map((text) => /Signature=(\w+)/.exec(text!)![1]);
  return got === wanted ? null : 'SignatureDoesNotMatch';
}
