import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type StoredTree, storeTree } from '../../src/attempt/outputs/store-tree.ts';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import type { Claim } from '../../src/jobs/rows.ts';

export const contentTypeOf = (path: string) =>
  path.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp2t';

/** Paths and texts of a ladder with that many files. */
export function ladderOf(count: number): Map<string, string> {
  const files = new Map([['master.m3u8', '#EXTM3U']]);
  for (let index = 1; index < count; index += 1) {
    const path = `${index % 2 === 0 ? 'low' : 'high'}/${String(index).padStart(5, '0')}.ts`;
    files.set(path, `segment ${index} `.repeat(1 + (index % 100)));
  }
  return files;
}

/** Stores files as the output of a claimed job, as if a cell had written them. */
export async function storeFiles(
  context: JobsContext,
  claim: Claim,
  files: ReadonlyMap<string, string>,
  { maxBytes = 2 ** 30, position = 0 } = {},
): Promise<StoredTree> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-tree-'));
  try {
    const directory = join(folder, 'out');
    for (const [path, text] of files) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    const tools = { context, settings: { outputHoldMs: 1000 }, onStorageUnreachable: () => {} };
    const run = { claim, folder, signal: new AbortController().signal, reserved: () => {} };
    return await storeTree(tools as unknown as WorkTools, run as unknown as Run, {
      ...{ directory, position, contentType: contentTypeOf('master.m3u8'), contentTypeOf },
      ...{ maxBytes, maxFiles: files.size },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
