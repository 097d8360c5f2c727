import { openMedia } from '../../attempt/media/open-media.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { summarise } from '../../attempt/media/summary.ts';
import { stageSource } from '../../attempt/sources/stage-source.ts';
import type { SourceResponse } from '../../fetcher/index.ts';
import type { FrameList, PlanInput } from '../../ffmpeg/index.ts';
import { recordInput } from '../../jobs/progress.ts';
import { sourceRow } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import type { TranscodeAttempt } from './attempt.ts';
import { asRejection, confirmMeanwhile, stageUpload, unconfirmedUpload } from './uploaded-inputs.ts';

/** An input of a job, staged and identified. */
export interface PreparedInput extends PlanInput {
  /** Host path of the remuxed container if remuxing loses nothing, otherwise of the original file. */
  file: string;
  /** Host path of the original file. */
  source: string;
  /** Frames of the only video stream; absent or null if they are not listed. */
  frames?: FrameList | null;
}

/**
 * Stages every input. Returns host paths in the order of the inputs. Needs no slot. `complete` is a response with the complete first input,
 * which is then not requested again.
 */
export async function stageInputs({ tools, run }: TranscodeAttempt, complete?: SourceResponse): Promise<string[]> {
  const { claim, folder, signal, disk } = run;
  const files: string[] = [];
  for (const [index, input] of claim.inputs.entries()) {
    const upload = unconfirmedUpload(claim, input);
    const options = { folder, signal, disk, subject: subjectOf(input), complete: index === 0 ? complete : undefined };
    files.push(
      upload
        ? await stageUpload(tools, run, upload, input)
        : await stageSource(tools, sourceRow(claim.job, input), options),
    );
  }
  return files;
}

export function subjectOf(input: { position: number }): string {
  return `Input ${input.position + 1}`;
}

/**
 * Identifies each input. Reuses the inspection of a sealed upload. If `deferred` is set, adds to it the functions that later write the
 * remuxed containers. Otherwise writes all containers. `attempt.confirmed` resolves when the uploads are confirmed.
 */
export async function prepareInputs(
  attempt: TranscodeAttempt,
  files: readonly string[],
  { slot, frames, deferred }: { slot: number; frames: boolean; deferred?: (() => Promise<void>)[] },
): Promise<PreparedInput[]> {
  const { tools, run, request } = attempt;
  const { claim, folder, signal, disk } = run;
  const { disarm } = request;
  const packets = request.mayCopy && !disarm ? true : request.outputs.some(({ tiles }) => tiles) && ('listed' as const);
  const isDeferred = deferred !== undefined;
  const common = { folder, signal, disk, slot, frames, disarm, packets, isDeferred };
  const prepared: PreparedInput[] = [];
  for (const [index, input] of claim.inputs.entries()) {
    const file = files[index]!;
    const inspection = inspectionJson.readOrNull(input.probe);
    const known = knownInfo(inspection);
    const upload = unconfirmedUpload(claim, input);
    const subject = upload && claim.inputs.length === 1 ? 'The file' : subjectOf(input);
    const options = { ...common, name: `input-${input.position}`, subject, known };
    const open = () => openMedia(tools, file, options);
    const media = await (upload ? asRejection(open) : open());
    if (media.remux) deferred!.push(media.remux);
    const fetched = input.object_id === null ? ('whole' as const) : undefined;
    if (upload || !known || inspection?.container !== media.container || inspection.fetched !== fetched) {
      const { info, container, contentType } = media;
      const found = {
        summary: inspection?.summary ?? summarise(info),
        info,
        container,
        ...(fetched && { fetched }),
      };
      if (upload) confirmMeanwhile(attempt, { upload, position: input.position }, { contentType, inspection: found });
      else await recordInput(tools.context, claim, input.position, found);
    }
    prepared.push({
      file: media.file,
      source: file,
      path: `/in/${input.position}`,
      demuxer: media.demuxer,
      info: media.info,
      countedSeconds: media.countedSeconds,
      packets: media.packets,
      text: media.text,
      frames: media.frames,
    });
  }
  return prepared;
}
