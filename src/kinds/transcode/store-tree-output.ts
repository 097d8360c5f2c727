import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mediaFacts } from '../../attempt/media/summary.ts';
import { listDirectory } from '../../attempt/outputs/read-directory.ts';
import { storeTree } from '../../attempt/outputs/store-tree.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { DirectoryRecipe, OutputInfo } from '../../ffmpeg/index.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import type { TranscodeAttempt } from './attempt.ts';
import { checkWritten } from './check-written.ts';
import type { MadeTree, WrittenTree } from './made-tree.ts';
import { makeLadder } from './make-ladder.ts';

/**
 * Creates an output with many files from the files of a cell, and stores it. Trusts none of these files, because the author of the input
 * may control the cell. Throws `JobFailure` if they differ from the plan.
 */
export async function storeTreeOutput(attempt: TranscodeAttempt, written: WrittenTree): Promise<StoredOutput> {
  const { tools, run } = attempt;
  const { planned } = written;
  const { position, contentType, format, tree } = planned;
  const { facts, key, ...made } = await tools.measure('check', () => makeTree(attempt, written));
  const bounds = { maxBytes: tree.maxBytes, maxFiles: tree.maxFiles };
  const stored = await tools.measure('store', () =>
    storeTree(tools, run, { ...made, ...bounds, position, contentType }),
  );
  const { objectId, bytes: size, files, sha256 } = stored;
  return {
    outputId: run.claim.outputs[position]!.id,
    objectId,
    facts: { ...facts, format, size, files, sha256, plan: planned.streams },
    ...(key && { key }),
  };
}

/** Makes the output with the function for its kind of recipe. */
function makeTree(attempt: TranscodeAttempt, written: WrittenTree): Promise<MadeTree> {
  const { make } = written.planned.tree;
  switch (make.kind) {
    case 'directory':
      return checkDirectory(attempt, written, make);
    case 'ladder':
      return makeLadder(attempt, written, make);
  }
}

/** Checks every file of the directory. Returns the directory with the properties of its first file by name. */
async function checkDirectory(
  attempt: TranscodeAttempt,
  { folder, planned: { contentType, tree }, slot }: WrittenTree,
  { names, expect, count, added = [] }: DirectoryRecipe,
): Promise<MadeTree> {
  const directory = join(folder, basename(tree.directories[0]!.path));
  const found = (await listDirectory(directory, tree)).sort((a, b) => (a.path < b.path ? -1 : 1));
  let first: OutputInfo | null = null;
  for (const { path, size } of found) {
    if (!names.test(path))
      throw new JobFailure('output_invalid', 'FFmpeg wrote a file that is not a part of the output.');
    const info = await checkWritten(attempt, expect, { path: join(directory, path), slot, size });
    first ??= info;
  }
  if (count !== undefined && found.length !== count)
    throw new JobFailure('output_invalid', `FFmpeg wrote ${found.length} files instead of ${count}.`);
  for (const { path, text } of added) await writeFile(join(directory, path), text, { flag: 'wx', mode: 0o644 });
  const typeOf = (path: string) => added.find((file) => file.path === path)?.contentType ?? contentType;
  // A directory without files has already been rejected.
  return { directory, contentTypeOf: typeOf, facts: mediaFacts(first!) };
}
