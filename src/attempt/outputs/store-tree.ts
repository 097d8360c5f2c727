import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordTree, reserveTree } from '../../jobs/outputs.ts';
import { type TreeFile, writeManifest } from '../../objects/tree.ts';
import { forEachAtOnce } from '../../storage/at-once.ts';
import { treeFileKey, treeManifestKey, treePrefix } from '../../storage/keys.ts';
import type { Run, WorkTools } from '../tools.ts';
import { type DirectoryBounds, type FoundFile, listDirectory, readListed } from './read-directory.ts';
import { putOutput } from './store-file.ts';

/** Maximum number of files that are stored concurrently: enough to hide the latency of storage, and few enough for the gateway's disk. */
const AT_ONCE = 8;

/** A directory to store as one output. */
export interface TreeOutput extends DirectoryBounds {
  /** Path on the host of a directory that a cell filled. The cell has ended. */
  directory: string;
  /** Position of the output in its job. */
  position: number;
  /** Content type of the first file that a client requests. */
  contentType: string;
  contentTypeOf: (path: string) => string;
}

/**
 * A stored tree. `bytes` is the total size of its files. `sha256` is the hash of the only file, or of the manifest if there are several
 * files.
 */
export interface StoredTree {
  objectId: string;
  bytes: number;
  files: number;
  sha256: string;
}

/**
 * Stores a directory that a cell wrote, as one output with many files. Reserves `maxBytes` once, and corrects the reservation at the end.
 * No client learns the keys of the files before the job completes. Throws the `JobFailure` of `listDirectory` or `reserveTree`, or
 * `StorageError`.
 */
export async function storeTree(tools: WorkTools, run: Run, tree: TreeOutput): Promise<StoredTree> {
  const { directory, position, contentType, maxBytes } = tree;
  const found = await listDirectory(directory, tree);
  const { job, attemptId } = run.claim;
  const prefix = treePrefix(job.account_id, job.id, attemptId, position);
  const objectId = await reserveTree(tools.context, run.claim, { prefix, contentType, maxBytes });
  run.reserved(objectId);
  const files = await putFiles(tools, run, { ...tree, prefix }, found);
  const manifest = writeManifest(files);
  const path = join(run.folder, `manifest-${position}.json`);
  await writeFile(path, manifest.bytes);
  const size = manifest.bytes.length;
  await putOutput(tools, run, { key: treeManifestKey(prefix), path, size, contentType: 'application/json' });
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  await recordTree(tools.context, objectId, { files: files.length, sha256: manifest.sha256, size: bytes });
  const [only] = files;
  const sha256 = only && files.length === 1 ? only.sha256 : manifest.sha256;
  return { objectId, bytes, files: files.length, sha256 };
}

/** Stores the files of a tree. Settles only when no file is being stored, so that the caller may then delete all of them. */
async function putFiles(
  tools: WorkTools,
  run: Run,
  tree: Pick<TreeOutput, 'directory' | 'contentTypeOf'> & { prefix: string },
  found: readonly FoundFile[],
): Promise<TreeFile[]> {
  const files: TreeFile[] = [];
  await forEachAtOnce(found, AT_ONCE, async (file) => {
    files.push(await putFile(tools, run, tree, file));
  });
  return files;
}

function putFile(
  tools: WorkTools,
  run: Run,
  { directory, contentTypeOf, prefix }: Pick<TreeOutput, 'directory' | 'contentTypeOf'> & { prefix: string },
  { path, size }: FoundFile,
): Promise<TreeFile> {
  const contentType = contentTypeOf(path);
  return readListed(directory, { path, size }, async (opened, read) => {
    await putOutput(tools, run, { key: treeFileKey(prefix, path), path: opened, size, contentType });
    return { path, size, content_type: contentType, ...read };
  });
}
