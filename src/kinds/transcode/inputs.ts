import { openMedia } from '../../attempt/media/open-media.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { summarise } from '../../attempt/media/summary.ts';
import type { DiskReservation } from '../../attempt/resources/disk-reservation.ts';
import { stageSource } from '../../attempt/sources/stage-source.ts';
import type { WorkTools } from '../../attempt/tools.ts';
import type { FrameList, PlanInput } from '../../ffmpeg/index.ts';
import { recordInput } from '../../jobs/progress.ts';
import { type Claim, sourceRow } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import { openWholeRequest } from './request.ts';

/** An input of a job, staged and identified. */
export interface PreparedInput extends PlanInput {
  /** Host path of the remuxed container if remuxing loses nothing, else of the original file. */
  file: string;
  /** Host path of the original file. */
  source: string;
  /** Frames of its only video stream; absent or null = not listed. */
  frames?: FrameList | null;
}

/** Stages every input. Returns host paths in the order of the inputs. Needs no slot. */
export async function stageInputs(
  tools: WorkTools,
  claim: Claim,
  place: { folder: string; signal: AbortSignal; hold: DiskReservation },
): Promise<string[]> {
  const files: string[] = [];
  for (const input of claim.inputs) {
    files.push(await stageSource(tools, sourceRow(claim.job, input), { ...place, subject: subjectOf(input) }));
  }
  return files;
}

export function subjectOf(input: { position: number }): string {
  return `Input ${input.position + 1}`;
}

/** Identifies each input. Reuses the inspection of a sealed upload. */
export async function prepareInputs(
  tools: WorkTools,
  claim: Claim,
  files: readonly string[],
  work: {
    folder: string;
    slot: number;
    signal: AbortSignal;
    hold: DiskReservation;
    packets: boolean;
    frames?: boolean;
  },
): Promise<PreparedInput[]> {
  const disarm = mustDisarm(tools, claim);
  const prepared: PreparedInput[] = [];
  for (const [index, input] of claim.inputs.entries()) {
    const subject = subjectOf(input);
    const file = files[index]!;
    const inspection = inspectionJson.readOrNull(input.probe);
    const known = knownInfo(inspection);
    const place = { ...work, packets: work.packets && !disarm, name: `input-${input.position}`, subject };
    const media = await openMedia(tools, file, { ...place, disarm, known });
    const fetched = input.object_id === null ? 'whole' : undefined;
    if (!known || inspection?.container !== media.container || inspection.fetched !== fetched) {
      const { info, container } = media;
      await recordInput(tools.context, claim, input.position, {
        summary: inspection?.summary ?? summarise(info),
        info,
        container,
        ...(fetched && { fetched }),
      });
    }
    prepared.push({
      file: media.file,
      source: file,
      path: `/in/${input.position}`,
      demuxer: media.demuxer,
      info: media.info,
      countedSeconds: media.countedSeconds,
      packets: media.packets,
      frames: media.frames,
    });
  }
  return prepared;
}

/** Whether FFmpeg may read the inputs of this job only in remuxed containers. */
export function mustDisarm(tools: WorkTools, claim: Claim): boolean {
  return openWholeRequest(tools.context.vault, claim.job)?.disarm === true;
}
