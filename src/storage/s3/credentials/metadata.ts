import { readFile } from 'node:fs/promises';
import { StorageError } from '../../types.ts';
import { asking, unexpected } from './ask.ts';
import { parseKeyDocument } from './key-document.ts';
import type { TemporaryKeys } from './types.ts';

/**
 * Milliseconds to wait for a connection. Metadata services are one hop away, so a short wait shows whether a machine has such a service.
 */
const CONNECT_MS = 1_000;
const INSTANCE = 'the instance metadata service';
const CONTAINER = 'the credential service of the container';
const ROLES = '/latest/meta-data/iam/security-credentials/';

/**
 * Returns a function that requests the keys of the role of an EC2 instance from version 2 of its metadata service (IMDSv2). Each request
 * contains a token from a PUT, which redirects and proxies cannot be tricked into sending. There is no fallback to version 1. The function
 * rejects with `StorageError`.
 */
export function instanceKeys(endpoint: string): () => Promise<TemporaryKeys> {
  const remedy =
    'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the instance a role and its metadata a hop limit of 2 for containers';
  const ask = asking({ whom: INSTANCE, remedy, connectMs: CONNECT_MS, silenceMs: 5_000 });
  return async () => {
    const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '300', 'content-length': '0' };
    const token = (await ask(`${endpoint}/latest/api/token`, { method: 'PUT', headers: lifetime })).trim();
    if (!/^[\x21-\x7e]{1,1024}$/.test(token)) throw unexpected(INSTANCE);
    const headers = { 'x-aws-ec2-metadata-token': token };
    const role = (await ask(endpoint + ROLES, { headers })).split('\n', 1)[0]!.trim();
    // IAM: "upper and lowercase alphanumeric characters with no spaces", and these special characters.
    if (!/^[\w+=,.@-]{1,64}$/.test(role)) throw unexpected(INSTANCE);
    return parseKeyDocument(await ask(endpoint + ROLES + role, { headers }), INSTANCE);
  };
}

export interface ContainerService {
  url: string;
  /** Value of the `Authorization` header. */
  token?: string;
  /** File with that value, which the platform replaces periodically. */
  tokenFile?: string;
}

/** Returns a function that requests the keys of the ECS task or the EKS pod (Pod Identity) from the service that the environment names. */
export function containerKeys({ url, token, tokenFile }: ContainerService): () => Promise<TemporaryKeys> {
  const remedy = 'check the role of the task or pod';
  const ask = asking({ whom: CONTAINER, remedy, connectMs: CONNECT_MS, silenceMs: 5_000 });
  return async () => {
    const authorization = tokenFile ? await readToken(tokenFile) : token;
    return parseKeyDocument(await ask(url, { headers: authorization ? { authorization } : {} }), CONTAINER);
  };
}

async function readToken(path: string): Promise<string> {
  let text = '';
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StorageError(`AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read (${code}): restart the pod`, {
      retry: false,
    });
  }
  // A header cannot contain this text, and Node's error would quote it.
  if (!/^[\x20-\x7e]{1,16384}$/.test(text)) {
    throw new StorageError('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names a file without a token: restart the pod', {
      retry: false,
    });
  }
  return text;
}
