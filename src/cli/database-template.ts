import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preparedFolder } from '../config/root.ts';
import { migrationFiles, migrationsFolder } from '../database/migrations-folder.ts';
import { stampStatement } from '../database/stamp.ts';
import type { TemplateUse } from '../supervisor/cluster-template.ts';
import { programStamp } from './schema-stamp.ts';

/** A hash of the source files that create a cluster and grant privileges. Set by the build (scripts/build.mjs). */
declare const CLUSTER_SOURCES: string | undefined;

/**
 * Returns the prepared cluster of this build. A copy counts as migrated by this build, because the template depends on the same migrations
 * and on the same sources that run them. Returns null when running from sources, which change without a build.
 */
export async function databaseTemplate(): Promise<TemplateUse | null> {
  const stamp = await programStamp();
  if (typeof CLUSTER_SOURCES === 'undefined' || stamp === null) return null;
  return {
    folder: preparedFolder('postgres'),
    schema: await schemaHash(CLUSTER_SOURCES),
    statements: [stampStatement(stamp)],
  };
}

/**
 * Returns a hash that identifies the schema and the privileges of a new database. The hash changes with each migration and with the source
 * files of CLUSTER_SOURCES.
 */
export async function schemaHash(sources: string, migrations = migrationsFolder()): Promise<string> {
  const hash = createHash('sha256').update(sources);
  for (const name of await migrationFiles(migrations))
    hash.update(`\n${name}\n`).update(await readFile(join(migrations, name)));
  return hash.digest('hex');
}
