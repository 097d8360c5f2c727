import { readFile } from 'node:fs/promises';
import { StorageError } from '../../types.ts';
import { childrenOf, parseXml, textOf, type XmlElement } from '../../xml.ts';
import { asking, unexpected } from './ask.ts';
import { temporaryKeys } from './key-document.ts';
import type { TemporaryKeys } from './types.ts';

const WHOM = 'the token service (STS)';

export interface WebIdentity {
  roleArn: string;
  /** File with the platform's token, which the platform replaces periodically. */
  tokenFile: string;
  sessionName: string;
  /** URL of the token service. */
  endpoint: string;
  ca?: string;
}

/**
 * Returns a function that calls `AssumeRoleWithWebIdentity` of STS, which exchanges a platform's token, such as the token of a Kubernetes
 * service account, for keys that are valid for an hour. The request is not signed, because the token authorizes it. The function rejects
 * with `StorageError`.
 */
export function webIdentityKeys(identity: WebIdentity): () => Promise<TemporaryKeys> {
  const { roleArn, tokenFile, sessionName, endpoint, ca } = identity;
  const remedy = 'check AWS_ROLE_ARN, the trust policy of that role and AWS_WEB_IDENTITY_TOKEN_FILE';
  const ask = asking({ whom: WHOM, remedy, codeOf: rejectionCode, ...(ca && { ca }) });
  return async () => {
    const body = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: await readToken(tokenFile),
    }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
    };
    return parseAnswer(await ask(endpoint, { method: 'POST', headers, body }));
  };
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StorageError(
      `AWS_WEB_IDENTITY_TOKEN_FILE cannot be read (${code}): mount the token of the platform there`,
      {
        retry: false,
      },
    );
  }
}

function parseAnswer(xml: string): TemporaryKeys {
  let keys: XmlElement | undefined;
  try {
    const [result] = childrenOf(parseXml(xml, 'AssumeRoleWithWebIdentityResponse'), 'AssumeRoleWithWebIdentityResult');
    keys = result && childrenOf(result, 'Credentials')[0];
  } catch {
    // The problem is reported below. The parser's error may quote the document.
  }
  if (!keys) throw unexpected(WHOM);
  const [id, secret, token, expiration] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) =>
    textOf(keys, name),
  ) as [string | null, string | null, string | null, string | null];
  return temporaryKeys({ id, secret, token, expiration }, WHOM);
}

function rejectionCode(xml: string): string | null {
  try {
    const [error] = childrenOf(parseXml(xml, 'ErrorResponse'), 'Error');
    const code = (error && textOf(error, 'Code')) ?? '';
    return /^[A-Za-z0-9]{1,64}$/.test(code) ? code : null;
  } catch {
    return null;
  }
}
