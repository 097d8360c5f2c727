import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { migrationFiles, migrationsFolder } from '../database/migrations-folder.ts';
import { readStamp } from '../database/stamp.ts';
import { entryPoint } from './entry-point.ts';

/**
 * Returns a stamp that identifies this build and its schema: a hash of the build's entry, which names every chunk by its contents, and of
 * the migration files. Returns null when running from sources, which change without a build.
 */
export async function programStamp(entry = entryPoint(), migrations = migrationsFolder()): Promise<string | null> {
  if (basename(entry) !== 'airlock.js') return null;
  const hash = createHash('sha256').update(await readFile(entry));
  for (const name of await migrationFiles(migrations))
    hash.update(`\n${name}\n`).update(await readFile(join(migrations, name)));
  return hash.digest('hex');
}

export interface SchemaState {
  /**
   * Whether the build with this stamp has already migrated the database. False if this is uncertain, because migrating again does no harm.
   */
  isCurrent: boolean;
  /** Whether an API key was ever created. False if this is uncertain. */
  hasKeys: boolean;
}

/**
 * Reads whether the database is current, so that a start can skip the check of each migration, which takes 250 ms.
 * @param wanted.roles whether the database roles must have their privileges
 */
export async function readSchema(url: string, stamp: string | null, wanted: { roles: boolean }): Promise<SchemaState> {
  const found = stamp === null ? null : await readStamp(url).catch(() => null);
  if (!found) return { isCurrent: false, hasKeys: false };
  return { isCurrent: found.stamp === stamp && (found.hasRoles || !wanted.roles), hasKeys: found.hasKeys };
}
