import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../config/root.ts';

export function migrationsFolder(): string {
  return join(projectRoot(), 'src/database/migrations');
}

/** Returns the file names of the migrations, in the order in which they run. */
export async function migrationFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
}
