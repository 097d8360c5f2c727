import { readFile } from 'node:fs/promises';
import { SupervisorError } from './supervisor-error.ts';
import type { Account } from './types.ts';

/** Name of the account that runs PostgreSQL, which does not run as root. The launcher creates this account. */
export const SERVICE_ACCOUNT = 'airlock';

/** Finds the account `name` in the text of /etc/passwd. Returns null if the name is missing or its ids are not numbers. */
export function parsePasswd(text: string, name: string): Account | null {
  for (const line of text.split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user !== name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    return { name, uid: Number(uid), gid: Number(gid) };
  }
  return null;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Returns the account to switch to, or null if this process belongs to an ordinary user. As root, throws if the account does not exist or
 * has root's uid or gid.
 */
export async function serviceAccount(): Promise<Account | null> {
  if (!isRoot()) return null;
  const account = parsePasswd(await readFile('/etc/passwd', 'utf8'), SERVICE_ACCOUNT);
  if (!account) {
    throw new SupervisorError(
      `As root, Airlock runs its database as the account "${SERVICE_ACCOUNT}", which does not exist`,
      `Create it with: useradd --system --no-create-home --shell /usr/sbin/nologin ${SERVICE_ACCOUNT}`,
    );
  }
  if (account.uid === 0 || account.gid === 0) {
    throw new SupervisorError(
      `The account "${SERVICE_ACCOUNT}" has root's uid or gid`,
      'Give it a different uid and gid',
    );
  }
  return account;
}
