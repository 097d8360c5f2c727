import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './file-lock.ts';
import { SupervisorError } from './supervisor-error.ts';

/** Secrets that the embedded parts of one installation share. Never log or send the secrets, or put them on a command line. */
export interface Secrets {
  /** Access key ID and secret key with which the API, worker and gateway sign storage requests. */
  storageAccessKeyId: string;
  storageSecretKey: string;
  /** Password of the database role `airlock`, which owns the database `airlock`. */
  postgresPassword: string;
  /** Passwords of the database roles `airlock_api` and `airlock_worker`. */
  postgresApiPassword: string;
  postgresWorkerPassword: string;
  /** Key of the vault that seals names and source URLs in the database: 32 bytes, base64url. */
  vaultKey: string;
  /** Seed of the Ed25519 key that signs receipts: 32 bytes, base64url. */
  signingKey: string;
  /** Password of the superuser `postgres`. Only the supervisor uses it. */
  postgresAdminPassword: string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const MAKERS: Record<keyof Secrets, () => string> = {
  // 20 characters, like an S3 access key ID. The secret key has 240 bits.
  storageAccessKeyId: () => `AIR${[...randomBytes(17)].map((byte) => BASE32[byte % 32]).join('')}`,
  storageSecretKey: () => randomBytes(30).toString('base64url'),
  vaultKey: () => randomBytes(32).toString('base64url'),
  signingKey: () => randomBytes(32).toString('base64url'),
  postgresPassword: () => randomBytes(24).toString('base64url'),
  postgresApiPassword: () => randomBytes(24).toString('base64url'),
  postgresWorkerPassword: () => randomBytes(24).toString('base64url'),
  postgresAdminPassword: () => randomBytes(24).toString('base64url'),
};

/**
 * Reads `<dataDir>/secrets.json` (mode 0600). Creates the file at the first call, and adds secrets that a newer version needs. Safe to call
 * from several processes concurrently: all calls return the same secrets.
 */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, 'secrets.json');
  const found = await read(path);
  if (isComplete(found)) return found;
  return withLock(join(dataDir, 'secrets.lock'), 30_000, async () => {
    const current = await read(path);
    if (isComplete(current)) return current;
    const made = Object.fromEntries(Object.entries(MAKERS).map(([name, make]) => [name, make()]));
    const secrets = { ...made, ...current } as Secrets;
    await writeAtomically(path, `${JSON.stringify(secrets, null, 2)}\n`, 0o600);
    return secrets;
  });
}

/** Writes a file atomically: the content is on the disk before the file has its name. */
export async function writeAtomically(path: string, text: string, mode: number): Promise<void> {
  const staged = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(staged, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(staged, path);
  } catch (error) {
    await unlink(staged).catch(() => undefined);
    throw error;
  }
}

async function read(path: string): Promise<Partial<Secrets> | null> {
  let text: string;
  try {
    const file = await open(path, 'r');
    try {
      const { mode, uid } = await file.stat();
      if ((mode & 0o077) !== 0 || uid !== process.getuid!()) {
        throw new SupervisorError(`${path} is readable by other users`, `Own it, and run: chmod 600 ${path}`);
      }
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // Drop the parser's error, because it quotes the text of the secrets.
  }
  throw new SupervisorError(`${path} is damaged`, 'Restore it from a backup; the database cannot be opened without it');
}

function isComplete(value: Partial<Secrets> | null): value is Secrets {
  return value !== null && Object.keys(MAKERS).every((name) => Boolean(value[name as keyof Secrets]));
}
