import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { objectsFolder, parseFolder, readVersions } from '../storage/embedded/disk-layout.ts';
import { etagOf } from './etag.ts';

export interface ListEntry {
  key: string;
  size: number;
  lastModified: Date;
  etag: string;
}

interface Node {
  folder: string;
  /** The key, or the common prefix of all keys below. */
  bytes: Buffer;
  isObject: boolean;
}

/** Yields the objects with a prefix whose keys follow `after`, in the order of their keys' UTF-8 bytes, as S3 does. */
export async function* listObjects(root: string, prefix: string, after: string): AsyncGenerator<ListEntry> {
  yield* walk(
    { folder: objectsFolder(root), bytes: Buffer.alloc(0), isObject: false },
    Buffer.from(prefix),
    Buffer.from(after),
  );
}

async function* walk(parent: Node, prefix: Buffer, after: Buffer): AsyncGenerator<ListEntry> {
  for (const node of await children(parent)) {
    if (!node.isObject) {
      const common = Math.min(node.bytes.length, prefix.length);
      const matchesPrefix = node.bytes.subarray(0, common).equals(prefix.subarray(0, common));
      const isBefore = Buffer.compare(node.bytes, after) < 0 && !startsWith(after, node.bytes);
      if (matchesPrefix && !isBefore) yield* walk(node, prefix, after);
    } else if (startsWith(node.bytes, prefix) && Buffer.compare(node.bytes, after) > 0) {
      const entry = await describe(node);
      if (entry) yield entry;
    }
  }
}

/** Returns the folders of this layout in a folder. Skips links, files and folders with other names. */
async function children(parent: Node): Promise<Node[]> {
  const entries = await readdir(parent.folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // deleted meanwhile
    throw error;
  });
  const nodes: Node[] = [];
  for (const entry of entries) {
    const parsed = entry.isDirectory() ? parseFolder(entry.name) : null;
    if (!parsed) continue;
    const tail = parsed.kind === 'slash' ? Buffer.from('/') : Buffer.alloc(0);
    nodes.push({
      folder: join(parent.folder, entry.name),
      bytes: Buffer.concat([parent.bytes, parsed.bytes, tail]),
      isObject: parsed.kind === 'object',
    });
  }
  return nodes.sort((left, right) => Buffer.compare(left.bytes, right.bytes));
}

async function describe(node: Node): Promise<ListEntry | null> {
  const current = readVersions(node.folder).at(-1);
  const stats = current && (await lstat(current.path).catch(() => null));
  if (!stats?.isFile()) return null;
  return {
    key: node.bytes.toString(),
    size: stats.size,
    lastModified: new Date(Math.floor(current!.version / 1000)),
    etag: etagOf(current!.version, stats.size),
  };
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.length >= start.length && bytes.subarray(0, start.length).equals(start);
}
