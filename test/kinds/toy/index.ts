import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openColumn } from '../../../src/database/sealed-columns.ts';
import type { Kind, Run, WorkTools } from '../../../src/kinds/kind.ts';
import { storeFile } from '../../../src/kinds/shared/store-file.ts';
import { outputKey } from '../../../src/storage/keys.ts';

/** Writes a text backwards into a file. */
export const toy: Kind<{ text: string }> = {
  name: 'toy',
  events: null,
  admit: async (_services, _caller, { text }) => ({
    problems: text === '' ? [new Error('there is nothing to reverse')] : [],
    resourceClass: 'light',
    request: { shown: text, whole: text },
    facts: '{"v":1}',
    settings: null,
    inputs: [],
    assets: [],
    outputs: [{ format: 'txt', name: 'reversed.txt' }],
    warnings: [],
    metadata: null,
    retentionSeconds: null,
  }),
  load: async () => reverse,
};

async function reverse(tools: WorkTools, run: Run) {
  await run.lease.acquire(run.signal);
  const { job, outputs, attemptId } = run.claim;
  const text = openColumn(tools.context.vault, 'jobs', 'request_sealed', job)!;
  const path = join(run.folder, 'reversed.txt');
  await writeFile(path, [...text].reverse().join(''));
  const file = {
    path,
    size: text.length,
    key: outputKey(job.account_id, job.id, attemptId, 'txt'),
    contentType: 'text/plain',
  };
  const { objectId, sha256 } = await storeFile(tools, run, file);
  const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
  const facts = { format: 'txt', size: text.length, sha256, ...unknown };
  return {
    ...{ outputs: [{ outputId: outputs[0]!.id, objectId, facts }], plan: null, warnings: [] },
    ...{ inputSeconds: null, attempt: null },
  };
}
