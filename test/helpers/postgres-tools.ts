import { readdirSync } from 'node:fs';

const DEBIAN = '/usr/lib/postgresql';

/** Returns the newest folder with `pg_dump`, `pg_restore` and `psql` that fit a server of this version; null if none is installed. */
export function findPostgresTools(server: number): string | null {
  const versions = readFolder(DEBIAN)
    .map(Number)
    .filter((version) => version >= server && readFolder(`${DEBIAN}/${version}/bin`).includes('pg_restore'));
  return versions.length > 0 ? `${DEBIAN}/${Math.max(...versions)}/bin` : null;
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
