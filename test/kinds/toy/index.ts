import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeFile } from '../../../src/attempt/outputs/store-file.ts';
import type { Run, WorkTools } from '../../../src/attempt/tools.ts';
import { JobFailure } from '../../../src/contract/failures.ts';
import { openColumn } from '../../../src/database/sealed-columns.ts';
import { childrenOf } from '../../../src/jobs/children.ts';
import { insertJob, type NewJob } from '../../../src/jobs/insert.ts';
import { outputsOf } from '../../../src/jobs/read.ts';
import { type Job, outputFacts } from '../../../src/jobs/rows.ts';
import type { AttemptResult, Kind } from '../../../src/kinds/kind.ts';
import { outputKey } from '../../../src/storage/keys.ts';

/** Writes a text backwards into a file. Of `a+b`, a child reverses each part, and the job itself the lengths. */
export const toy: Kind<{ text: string }> = {
  name: 'toy',
  events: null,
  shown: null,
  admit: async (_services, _caller, { text }) => ({
    problems: text === '' ? [new Error('there is nothing to reverse')] : [],
    resourceClass: 'light',
    request: () => ({ shown: text, whole: text }),
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

/** Null = the children have just begun. */
async function lengthsOfParts({ context }: WorkTools, job: Job, parts: string[]): Promise<string | null> {
  const children = await childrenOf(context.db, job.id);
  if (children.length === 0) {
    await context.db.transaction().execute(async (tx) => {
      for (const part of parts) await insertJob(context, tx, childOf(job, part));
    });
    return null;
  }
  if (children.some(({ status }) => status !== 'completed')) throw new JobFailure('internal', 'A part failed.');
  const made = await outputsOf(
    context.db,
    children.map(({ id }) => id),
  );
  return made.map(({ facts }) => outputFacts.read(facts).size).join(' ');
}

function childOf(parent: Job, text: string): NewJob {
  return {
    ...{ kind: 'toy', accountId: parent.account_id, keyId: null, requestId: null, resourceClass: 'light' },
    ...{ request: { shown: text, whole: text }, facts: '{"v":1}', settings: null, sources: [] },
    ...{ outputs: [{ format: 'txt', name: 'part.txt' }], warnings: [], metadata: null },
    ...{ retentionSeconds: parent.retention_seconds, parentId: parent.id },
  };
}

async function reverse(tools: WorkTools, run: Run): Promise<AttemptResult> {
  await run.lease.acquire(run.signal);
  const { job, outputs, attemptId } = run.claim;
  const asked = openColumn(tools.context.vault, 'jobs', 'request_sealed', job)!;
  const text = asked.includes('+') ? await lengthsOfParts(tools, job, asked.split('+')) : asked;
  if (text === null) return { outcome: 'awaiting-children' };
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
  const completion = {
    ...{ outputs: [{ outputId: outputs[0]!.id, objectId, facts }], plan: null, warnings: [] },
    ...{ inputSeconds: null, attempt: null },
  };
  return { outcome: 'completed', completion };
}
