import { recordInput } from '../../jobs/progress.ts';
import { sourceRow } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import type { CellInput } from '../cells/run-command.ts';
import { openMedia } from '../media/open-media.ts';
import { knownInfo } from '../media/stored-info.ts';
import { summarise } from '../media/summary.ts';
import { stageSource } from '../sources/stage-source.ts';
import type { Run, WorkTools } from '../tools.ts';

/** Media that is staged on this machine and was opened by `openMedia`. */
export interface OpenedSource {
  slot: number;
  file: CellInput;
  /** Demuxer of the source, for `decodeAudio`. */
  source: {
    path: string;
    demuxer: string;
    info: Awaited<ReturnType<typeof openMedia>>['info'];
    seconds: number | null;
  };
}

const SUBJECT = 'The media';

/** Stages and opens the first input of a job. Acquires a slot when the input is staged. Throws `JobFailure`. */
export async function openSpeechSource(tools: WorkTools, run: Run, disarm: boolean): Promise<OpenedSource> {
  const { claim, folder, signal, disk } = run;
  const input = claim.inputs[0]!;
  const staged = await stageSource(tools, sourceRow(claim.job, input), { folder, signal, disk, subject: SUBJECT });
  const slot = await run.lease.acquire(signal);
  const inspection = inspectionJson.readOrNull(input.probe);
  const known = knownInfo(inspection);
  const media = await openMedia(tools, staged, {
    ...{ folder, name: 'input-0', slot, subject: SUBJECT, disarm, disk, signal, known },
  });
  const { info, demuxer, container } = media;
  if (!known) {
    const fetched = input.object_id === null ? { fetched: 'whole' as const } : {};
    await recordInput(tools.context, claim, 0, { summary: summarise(info), info, container, ...fetched });
  }
  const seconds = media.countedSeconds ?? info.durationSeconds;
  return { slot, file: { name: '0', path: media.file }, source: { path: '/in/0', demuxer, info, seconds } };
}
