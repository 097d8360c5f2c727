import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { migrationFiles, migrationsFolder } from '../database/migrations-folder.ts';
import { readStamp } from '../database/stamp.ts';
import { entryPoint } from './entry-point.ts';

/**
 * Identifies this build and its schema: a hash of the build's entry, which names every chunk by its content, and of the
 * migration files. Null when running from sources, which change without a build.
 */
export async function programStamp(entry = entryPoint(), migrations = migrationsFolder()): Promise<string | null> {
  if (basename(entry) !== 'airlock.js') return null;
  const hash = createHash('sha256').update(await readFile(entry));
  for (const name of await migrationFiles(migrations))
    hash.update(`\n${name}\n`).update(await readFile(join(migrations, name)));
  return hash.digest('hex');
}

/**
 * Whether the build with this stamp has already migrated the database, so that a start can skip the 250 ms of checking
 * each migration. False if in doubt: migrating again does no harm.
 */
export async function isMigrated(
  url: string,
  stamp: string | null,
  wanted: { firstKey: boolean; roles: boolean },
): Promise<boolean> {
  if (!stamp) return false;
  const found = await readStamp(url).catch(() => null);
  return found?.stamp === stamp && (found.hasKeys || !wanted.firstKey) && (found.hasRoles || !wanted.roles);
}
