import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { isArchiveKey, treePrefixOf } from '../../src/storage/keys.ts';
import { ignoreMissing } from './ignore-missing.ts';
import type { Lane } from './lane.ts';

/** Prefixes of the keys that contain the id of an account. */
const PREFIXES = ['outputs', 'sealed', 'uploads'];

async function keysOf({ context }: Lane, account: string): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of PREFIXES) {
    for await (const { key } of context.store.list(`${prefix}/${account}/`)) keys.push(key);
  }
  return keys.sort();
}

interface ObjectRow {
  key: string;
  state: string;
  files: number | null;
}

/** Compares the storage with the rows of an account. Every key must belong to a live row, and every live row must have its bytes. */
export async function compareStorage(lane: Lane, account: string): Promise<string[]> {
  const { rows } = await sql<ObjectRow>`
    SELECT key, state, files FROM objects WHERE account_id = ${account} AND state <> 'deleted' ORDER BY key
  `.execute(lane.context.db);
  const { rows: staging } = await sql<{ staging_key: string }>`
    SELECT staging_key FROM uploads WHERE account_id = ${account} AND state = 'pending'
  `.execute(lane.context.db);
  const keys = await keysOf(lane, account);
  const owned = new Set([...rows.map(({ key }) => key), ...staging.map(({ staging_key }) => staging_key)]);
  const isExpected = (key: string) => {
    const tree = treePrefixOf(key);
    return owned.has(key) || (tree !== null && owned.has(tree) && !isArchiveKey(tree, key));
  };
  const isStored = ({ key, files }: ObjectRow) =>
    files === null ? keys.includes(key) : keys.filter((name) => name.startsWith(key)).length >= files + 1;
  return [
    ...rows.filter(({ state }) => state !== 'live').map(({ key, state }) => `${state} object ${kindOf(key)}`),
    ...keys.filter((key) => !isExpected(key)).map((key) => `bytes without a row: ${kindOf(key)}`),
    ...rows.filter((row) => row.state === 'live' && !isStored(row)).map(({ key }) => `no bytes: ${kindOf(key)}`),
  ];
}

/** Returns what is left of an account in the storage, without its parts of uploads. */
export async function leftInStorage(lane: Lane, account: string): Promise<string[]> {
  return (await keysOf(lane, account)).map((key) => `bytes in storage: ${kindOf(key)}`);
}

/**
 * Returns the paths that exist only while something runs: temporary files and parts of uploads in the storage, and work folders of attempts.
 */
export async function transientPaths({ dataDir }: Lane): Promise<string[]> {
  const list = async (folder: string) => {
    const names = (await readdir(join(dataDir, folder)).catch(ignoreMissing)) ?? [];
    return names.map((name) => `${folder}/${name}`);
  };
  const listEach = async (folder: string) => (await Promise.all((await list(folder)).map(list))).flat();
  const parts = await listEach('storage/parts');
  const isEmpty = async (path: string) => ((await stat(join(dataDir, path)).catch(ignoreMissing))?.size ?? 0) === 0;
  const empty = await Promise.all(parts.map(isEmpty));
  // An upload whose row was never written has no parts, because no client has its URLs. The gateway deletes its folder after a day.
  const filled = parts.filter((path, index) => !path.endsWith('/about') && !empty[index]);
  return [...(await list('storage/tmp')), ...filled, ...(await listEach('work'))];
}

/** Returns the files of the storage and of the work folders whose name or content contains the text. */
export async function filesWith({ dataDir }: Lane, marker: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['storage', 'work']) {
    const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true }).catch(ignoreMissing);
    for (const entry of entries ?? []) {
      const path = join(entry.parentPath, entry.name);
      const bytes = entry.isFile() ? await readFile(path).catch(ignoreMissing) : null;
      if (path.includes(marker) || bytes?.includes(marker)) found.push(`a file of the customer below ${folder}/`);
    }
  }
  return found;
}

/** Returns a key without its ids and without the path of a file in a tree. */
function kindOf(key: string): string {
  return key.replace(/(?<=\/files\/).*/, '*').replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*');
}
