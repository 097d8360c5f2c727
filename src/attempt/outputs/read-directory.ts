import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, opendir } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { JobFailure } from '../../contract/failures.ts';
import { MAX_TREE_FILES, TREE_PATH } from '../../objects/tree.ts';

/*
 * Reads a directory that a cell has filled, after the cell has ended. The contents of the directory are hostile. No path with more than one
 * part is opened: each directory and each file is opened below the descriptor of its parent, without following links.
 */

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Maximum depth of directories below the listed directory, as in `TREE_PATH`. */
const MAX_DEPTH = 3;

export interface DirectoryBounds {
  /** Maximum bytes of all files together. */
  maxBytes: number;
  maxFiles: number;
}

/** A file of a directory that is being read. */
export interface FoundFile {
  /** Path relative to the directory, with slashes. */
  path: string;
  size: number;
}

/**
 * Lists the files of a directory and of its subdirectories, in no particular order. Throws `JobFailure` with `limit_output` for too many
 * files or bytes, with `sandbox_violation` for links, devices and anything else that is not a plain file, and with `output_invalid` for
 * unsafe names and for a directory without files.
 */
export async function listDirectory(directory: string, bounds: DirectoryBounds): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  const maxFiles = fileLimit(bounds);
  let bytes = 0;
  await visit(await openDirectory(directory), '', 0);
  if (files.length === 0) throw new JobFailure('output_invalid', 'FFmpeg exited normally but wrote no output.');
  return files;

  async function visit(handle: FileHandle, below: string, depth: number): Promise<void> {
    try {
      for await (const entry of await opendir(`/proc/self/fd/${handle.fd}`)) {
        const path = below + entry.name;
        if (!TREE_PATH.test(path)) throw new JobFailure('output_invalid', 'The output has a file with an unsafe name.');
        if (entry.isDirectory() && depth < MAX_DEPTH) {
          await visit(await openDirectory(childOf(handle, entry.name)), `${path}/`, depth + 1);
          continue;
        }
        if (!entry.isFile()) throw notPlain();
        if (files.length >= maxFiles) throw tooMuch(`more than ${maxFiles} files`);
        const size = await withFile(childOf(handle, entry.name), async (file) => (await plainStats(file)).size);
        bytes += size;
        if (bytes > bounds.maxBytes) throw tooMuch(`more than ${bounds.maxBytes} bytes`);
        files.push({ path, size });
      }
    } finally {
      await handle.close();
    }
  }
}

/** Returns the maximum number of files of a directory. No tree has more than `MAX_TREE_FILES`, even if its bounds allow more. */
export function fileLimit({ maxFiles }: Pick<DirectoryBounds, 'maxFiles'>): number {
  return Math.min(maxFiles, MAX_TREE_FILES);
}

/** Checksums of the contents of a file, computed while the file is open. */
export interface ReadFile {
  sha256: string;
  crc32: number;
}

/**
 * Opens a listed file, reads it, and calls `use` with a path under which exactly this file can be opened again. Throws `JobFailure` with
 * `sandbox_violation` if the file differs from the listed file, or changes before `use` has ended.
 */
export async function readListed<T>(
  directory: string,
  { path, size }: FoundFile,
  use: (path: string, read: ReadFile) => Promise<T>,
): Promise<T> {
  const parts = path.split('/');
  const name = parts.pop()!;
  let parent = await openDirectory(directory);
  try {
    for (const part of parts) {
      const child = await openDirectory(childOf(parent, part));
      await parent.close();
      parent = child;
    }
    return await withFile(childOf(parent, name), async (file) => {
      const before = await plainStats(file);
      if (before.size !== size) throw changed();
      const opened = `/proc/self/fd/${file.fd}`;
      const result = await use(opened, await hashOpen(opened, size));
      const after = await plainStats(file);
      if (after.size !== size || after.mtimeMs !== before.mtimeMs || after.ctimeMs !== before.ctimeMs) throw changed();
      return result;
    });
  } finally {
    await parent.close();
  }
}

async function hashOpen(path: string, size: number): Promise<ReadFile> {
  const hash = createHash('sha256');
  let [sum, read] = [0, 0];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sum = crc32(chunk, sum);
    read += chunk.length;
  }
  if (read !== size) throw changed();
  return { sha256: hash.digest('hex'), crc32: sum };
}

/** Opens a file and closes it after `use`. `O_NONBLOCK` is set, because opening a pipe would wait for its writer. */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(reject);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function openDirectory(path: string): Promise<FileHandle> {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(reject);
}

function childOf({ fd }: FileHandle, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

/** Returns the status of a plain file. Rejects a file with a second hard link, because it may be a file of the host. */
async function plainStats(file: FileHandle) {
  const stats = await file.stat();
  if (!stats.isFile() || stats.nlink !== 1) throw notPlain();
  return stats;
}

/** Throws a violation if the path is a link, a socket, a file without permissions, or a file that no longer exists. */
function reject(error: NodeJS.ErrnoException): never {
  if (['ELOOP', 'ENOTDIR', 'ENXIO', 'EACCES', 'ENOENT', 'EPERM'].includes(error.code ?? '')) throw notPlain();
  throw error;
}

function notPlain(): JobFailure {
  return new JobFailure('sandbox_violation', 'The output contains something that is not a plain file.');
}

function changed(): JobFailure {
  return new JobFailure('sandbox_violation', 'A file of the output changed while it was read.');
}

function tooMuch(what: string): JobFailure {
  return new JobFailure('limit_output', `The output has ${what}.`);
}
