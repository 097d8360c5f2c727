import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { storeFile } from '../../../src/attempt/outputs/store-file.ts';
import type { Run, WorkTools } from '../../../src/attempt/tools.ts';
import type { AttemptResult, Kind } from '../../../src/kinds/kind.ts';
import { outputKey } from '../../../src/storage/keys.ts';
import { shown } from './shown.ts';

const SRT = '1\n00:00:00,000 --> 00:00:00,900\nWritten by a toy\n';

const create = z.object({ media_url: z.string(), language: z.string().optional() });

/** Replaces the kind that transcribes, and writes the same subtitles for every video. */
export const writer: Kind<{ media_url: string }> = {
  name: 'transcribe',
  events: { prefix: 'transcription' },
  shown: {
    ...shown,
    ...{ path: 'transcribe-toys', operation: 'TranscribeToy', schemaPrefix: 'TranscribeToy' },
    schemas: { ...shown.schemas, create },
    toRequest: ({ body }) => body as { media_url: string },
  },
  admit: async (_services, _caller, { media_url }) => ({
    ...{ problems: [], resourceClass: 'light', request: () => ({ shown: '{}', sent: '{}' }), facts: '{"v":1}' },
    ...{ settings: null, inputs: [{ url: media_url, field: 'media_url' }], assets: [], warnings: [], metadata: null },
    ...{ outputs: [{ format: 'srt', name: 'words.srt', role: 'text' }], retentionSeconds: null },
  }),
  load: async () => execute,
};

async function execute(tools: WorkTools, run: Run): Promise<AttemptResult> {
  await run.lease.acquire(run.signal);
  const { job, attemptId, outputs } = run.claim;
  const path = join(run.folder, 'words.srt');
  await writeFile(path, SRT);
  const key = outputKey(job.account_id, job.id, attemptId, 'srt');
  const file = { path, size: SRT.length, key, contentType: 'application/x-subrip' };
  const { objectId, sha256 } = await storeFile(tools, run, file);
  const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
  const facts = { format: 'srt', size: SRT.length, sha256, ...unknown };
  return {
    outcome: 'completed',
    completion: {
      ...{ outputs: [{ outputId: outputs[0]!.id, objectId, facts }], plan: null, warnings: [] },
      ...{ inputSeconds: null, attempt: null },
    },
  };
}
