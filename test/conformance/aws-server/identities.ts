import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** Temporary keys that the server has issued. */
export interface Issued {
  id: string;
  secret: string;
  token: string;
  expires: Date;
}

export interface Identities {
  /** Issued keys, the newest last. */
  issued: Issued[];
  /** Lifetime of new keys in milliseconds. Tests may change it. */
  lifetimeMs: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** If set, every service that issues credentials responds with this error. */
  failure: { status: number; code: string } | null;
  /** Names of the services, one for each request that they received. */
  asked: string[];
}

export interface Response {
  status: number;
  body: string;
}

export const PLATFORM_TOKEN = 'eyJhbGciOiJub25lIn0.platform.token';
export const ROLE = 'arn:aws:iam::123456789012:role/airlock';
export const CONTAINER_TOKEN = 'a token of the container';

/** Returns the responses of the services that issue credentials, as AWS documents them; null for any other request. */
export async function responseIdentity(request: IncomingMessage, state: Identities): Promise<Response | null> {
  const url = new URL(request.url!, 'http://aws');
  if (request.method === 'POST' && url.pathname === '/')
    return securityTokenService(await text(request), request, state);
  if (url.pathname.startsWith('/latest/')) return instanceMetadata(url, request, state);
  if (url.pathname === '/v2/credentials/task') return container(request, state);
  return null;
}

function securityTokenService(body: string, { headers }: IncomingMessage, state: Identities): Response {
  state.asked.push('sts');
  const form = new URLSearchParams(body);
  if (state.failure) return stsError(state.failure.status, state.failure.code);
  if (headers.authorization || headers['content-type'] !== 'application/x-www-form-urlencoded')
    return stsError(400, 'IncompleteSignature');
  if (form.get('Action') !== 'AssumeRoleWithWebIdentity' || form.get('Version') !== '2011-06-15')
    return stsError(400, 'InvalidAction');
  if (form.get('RoleArn') !== ROLE || !/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? ''))
    return stsError(403, 'AccessDenied');
  if (form.get('WebIdentityToken') !== PLATFORM_TOKEN) return stsError(400, 'InvalidIdentityToken');
  const { id, secret, token, expires } = issue(state);
  const credentials = `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${expires.toISOString()}</Expiration></Credentials>`;
  const result = `<AssumeRoleWithWebIdentityResult>${credentials}</AssumeRoleWithWebIdentityResult>`;
  const namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
  return {
    status: 200,
    body: `<AssumeRoleWithWebIdentityResponse ${namespace}>${result}</AssumeRoleWithWebIdentityResponse>`,
  };
}

function stsError(status: number, code: string): Response {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${PLATFORM_TOKEN} is rejected</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}</ErrorResponse>` };
}

const sessions = new Map<string, number>();

/**
 * Implements only version 2 of the service: a PUT returns a token with a lifetime, every GET needs a token, and requests through a proxy
 * are rejected.
 */
function instanceMetadata({ pathname }: URL, { method, headers }: IncomingMessage, state: Identities): Response {
  state.asked.push('imds');
  if (state.failure) return { status: state.failure.status, body: state.failure.code };
  if (method === 'PUT' && pathname === '/latest/api/token') {
    const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
    if (headers['x-forwarded-for'] || !(Number.isInteger(seconds) && seconds >= 1 && seconds <= 21_600))
      return { status: 400, body: 'bad request' };
    const token = randomBytes(24).toString('base64');
    sessions.set(token, state.now() + seconds * 1000);
    return { status: 200, body: token };
  }
  const until = sessions.get(String(headers['x-aws-ec2-metadata-token']));
  if (method !== 'GET' || until === undefined || until < state.now()) return { status: 401, body: 'unauthorized' };
  const folder = '/latest/meta-data/iam/security-credentials/';
  if (pathname === folder) return { status: 200, body: 'airlock-role\n' };
  if (pathname === `${folder}airlock-role`) return { status: 200, body: keyDocument(state, { Code: 'Success' }) };
  return { status: 404, body: 'not found' };
}

function container({ method, headers }: IncomingMessage, state: Identities): Response {
  state.asked.push('container');
  if (state.failure) return { status: state.failure.status, body: state.failure.code };
  if (method !== 'GET' || headers.authorization !== CONTAINER_TOKEN) return { status: 401, body: CONTAINER_TOKEN };
  return { status: 200, body: keyDocument(state, { RoleArn: ROLE }) };
}

function keyDocument(state: Identities, extra: object): string {
  const { id, secret, token, expires } = issue(state);
  const keys = { AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: expires.toISOString() };
  return JSON.stringify({ ...extra, Type: 'AWS-HMAC', ...keys });
}

function issue(state: Identities): Issued {
  const keys = {
    id: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secret: randomBytes(30).toString('base64'),
    token: randomBytes(90).toString('base64'),
    expires: new Date(state.now() + state.lifetimeMs),
  };
  state.issued.push(keys);
  return keys;
}
