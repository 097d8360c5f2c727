import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type StoredTree, storeTree } from '../../src/attempt/outputs/store-tree.ts';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { completeJob } from '../../src/jobs/finish.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import type { TestApi } from './api.ts';

export const contentTypeOf = (path: string) =>
  path.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp2t';

/** Returns the paths and texts of a ladder with this number of files. */
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
    const tools = { context, settings: { outputWaitMs: 1000 }, onStorageUnreachable: () => {} };
    const run = { claim, folder, signal: new AbortController().signal, reserved: () => {} };
    return await storeTree(tools as unknown as WorkTools, run as unknown as Run, {
      ...{ directory, position, contentType: contentTypeOf('master.m3u8'), contentTypeOf },
      ...{ maxBytes, maxFiles: files.size },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Creates a completed job of an account with these files as its output. */
export async function completeTree(api: TestApi, files: ReadonlyMap<string, string>, account = api.account) {
  const key = account === api.account ? api.key : await api.makeKey({ account });
  const headers = { authorization: `Bearer ${key}` };
  const body = { inputs: [{ url: 'https://source.example/clip.mp4' }], outputFormat: 'mp4' };
  const { json } = await api.call('POST', '/v1/transcodes', body, headers);
  const worker = { id: uuidv7(), tier: 'bwrap' };
  const claim =
    (await claimJob(api.context, 'heavy', { worker })) ?? (await claimJob(api.context, 'light', { worker }));
  if (!claim) throw new Error('nothing waits');
  const tree = await storeFiles(api.context, claim, files);
  const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
  const facts = { format: 'mp4', size: tree.bytes, files: tree.files, sha256: tree.sha256, ...unknown };
  const outputs = [{ outputId: claim.outputs[0]!.id, objectId: tree.objectId, facts }];
  const result = { outputs, plan: null, warnings: [], inputSeconds: 1, attempt: null };
  if (!(await completeJob(api.context, claim, result))) throw new Error('the job was not completed');
  const { rows } = await api.database.pg.query('SELECT key FROM objects WHERE id = $1', [tree.objectId]);
  return { id: json.id as string, prefix: rows[0].key as string, path: `/v1/transcodes/${json.id}`, headers, ...tree };
}
