import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeFile } from '../../../src/attempt/outputs/store-file.ts';
import { storeTree } from '../../../src/attempt/outputs/store-tree.ts';
import type { Run, WorkTools } from '../../../src/attempt/tools.ts';
import { JobFailure } from '../../../src/contract/failures.ts';
import { openColumn } from '../../../src/database/sealed-columns.ts';
import { childrenOf } from '../../../src/jobs/children.ts';
import { insertJob, type NewJob } from '../../../src/jobs/insert.ts';
import { recordOwnEvent } from '../../../src/jobs/job-events.ts';
import { outputsOf } from '../../../src/jobs/read.ts';
import { type Job, type JobOutput, outputFacts } from '../../../src/jobs/rows.ts';
import type { AttemptResult } from '../../../src/kinds/kind.ts';
import { outputKey } from '../../../src/storage/keys.ts';

/** Number of files of the second output for these texts. All other texts result in FEW files. */
const FILES: Readonly<Record<string, number>> = { many: 120, single: 1 };
const FEW = 3;
/** The second output of a toy with this text fails, as if its program had violated the sandbox. */
export const VIOLATION = 'violation';

export async function executeToy(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { context } = tools;
  await run.lease.acquire(run.signal);
  const { job, outputs } = run.claim;
  const asked = openColumn(context.vault, 'jobs', 'request_sealed', job)!;
  const text = asked.includes('+') ? await lengthsOfParts(tools, job, asked.split('+')) : asked;
  if (text === null) return { outcome: 'awaiting-children' };
  const stored = [];
  const failures = [];
  for (const output of outputs) {
    const isText = output.format === 'txt';
    if (!isText && text === VIOLATION) {
      const failure = { code: 'sandbox_violation' as const, message: 'The program was stopped.' };
      failures.push({ outputId: output.id, failure });
      continue;
    }
    stored.push(await tools.measure('store', () => (isText ? storeReversed : storeCapitals)(tools, run, output, text)));
  }
  const completion = {
    ...{ outputs: stored, failures, plan: null, warnings: [], inputSeconds: null, attempt: null },
    apply: (tx: Parameters<typeof recordOwnEvent>[1]) =>
      recordOwnEvent(context, tx, job, 'reversed', { letters: text.length }),
  };
  return { outcome: 'completed', completion };
}

const UNKNOWN = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };

async function storeReversed(tools: WorkTools, run: Run, { id, format }: JobOutput, text: string) {
  const { job, attemptId } = run.claim;
  const path = join(run.folder, 'reversed.txt');
  await writeFile(path, [...text].reverse().join(''));
  const key = outputKey(job.account_id, job.id, attemptId, format);
  const file = { path, size: text.length, key, contentType: 'text/plain' };
  const { objectId, sha256 } = await storeFile(tools, run, file);
  return { outputId: id, objectId, facts: { format, size: text.length, sha256, ...UNKNOWN } };
}

/** Stores an output of many files. */
async function storeCapitals(tools: WorkTools, run: Run, { id, format, position }: JobOutput, text: string) {
  const directory = join(run.folder, 'capitals');
  const count = FILES[text] ?? FEW;
  await mkdir(directory);
  for (let index = 0; index < count; index += 1) await writeFile(join(directory, `${index}.md`), text.toUpperCase());
  const contentType = 'text/markdown';
  const { objectId, bytes, files, sha256 } = await storeTree(tools, run, {
    ...{ directory, position, contentType, contentTypeOf: () => contentType },
    ...{ maxBytes: count * text.length, maxFiles: count },
  });
  return { outputId: id, objectId, facts: { format, size: bytes, files, sha256, ...UNKNOWN } };
}

/** Returns the lengths of the parts, or null if the children have just begun. */
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
    ...{ request: { shown: text, sent: text }, facts: '{"v":1}', settings: null, sources: [] },
    ...{ outputs: [{ format: 'txt', name: 'part.txt' }], warnings: [], metadata: null },
    ...{ retentionSeconds: parent.retention_seconds, parentId: parent.id },
  };
}
