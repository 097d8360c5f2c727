import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { migrationFiles, migrationsFolder } from '../database/migrations-folder.ts';
import { readStamp } from '../database/stamp.ts';
import { entryPoint } from './entry-point.ts';

/**
 * Names this very program, for the schema that it makes: the build's entry names every chunk by its content, the queue's
 * with them, and the migrations are files of their own. Null when it runs from sources, which change without a build.
 */
export async function programStamp(entry = entryPoint(), migrations = migrationsFolder()): Promise<string | null> {
  if (basename(entry) !== 'airlock.js') return null;
  const hash = createHash('sha256').update(await readFile(entry));
  for (const name of await migrationFiles(migrations))
    hash.update(`\n${name}\n`).update(await readFile(join(migrations, name)));
  return hash.digest('hex');
}

/**
 * Whether the program that `stamp` names has brought that database up to date before, so that a start can do without
 * the 250 ms of asking for each migration. Any doubt is a no: migrating once more does no harm.
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
