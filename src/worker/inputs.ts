import { recordInput } from '../domain/transcodes/progress.ts';
import { type Claim, openWholeRequest, sourceRow } from '../domain/transcodes/row.ts';
import type { Inspection } from '../domain/uploads/upload.ts';
import type { MediaInfo, PlanInput } from '../media/index.ts';
import type { WorkerDeps } from './deps.ts';
import { openMedia } from './open-media.ts';
import { bringSource } from './source-files.ts';
import { summarise } from './summary.ts';
import type { WorkHold } from './work-room.ts';

/** An input of a job, brought and understood. */
export interface PreparedInput extends PlanInput {
  /** Path on the host: of a container of ours where nothing is lost by it, else of the file itself. */
  file: string;
  /** Path on the host of the file as it came. */
  source: string;
}

/** Brings every input; their paths on the host, in the order of the inputs. Needs no slot. */
export async function bringInputs(
  deps: WorkerDeps,
  claim: Claim,
  place: { folder: string; signal: AbortSignal; hold: WorkHold },
): Promise<string[]> {
  const files: string[] = [];
  for (const input of claim.inputs) {
    files.push(await bringSource(deps, sourceRow(claim.job, input), { ...place, subject: subjectOf(input) }));
  }
  return files;
}

function subjectOf(input: { position: number }): string {
  return `Input ${input.position + 1}`;
}

/** Finds out what each input is. What an inspection has told about a sealed upload is not asked again. */
export async function prepareInputs(
  deps: WorkerDeps,
  claim: Claim,
  files: readonly string[],
  { folder, slot, signal, hold }: { folder: string; slot: number; signal: AbortSignal; hold: WorkHold },
): Promise<PreparedInput[]> {
  const disarm = mustDisarm(deps, claim);
  const prepared: PreparedInput[] = [];
  for (const [index, input] of claim.inputs.entries()) {
    const subject = subjectOf(input);
    const file = files[index]!;
    const inspection = input.probe as Inspection | null;
    const known = (inspection?.info as MediaInfo | null | undefined) ?? null;
    const place = { folder, name: `input-${input.position}`, slot, subject, signal, hold };
    const media = await openMedia(deps, file, { ...place, disarm, known });
    if (!known || inspection?.container !== media.container) {
      const { info, container } = media;
      await recordInput(deps.context, claim, input.position, {
        summary: inspection?.summary ?? summarise(info),
        info,
        container,
      });
    }
    prepared.push({
      file: media.file,
      source: file,
      path: `/in/${input.position}`,
      demuxer: media.demuxer,
      info: media.info,
      countedSeconds: media.countedSeconds,
    });
  }
  return prepared;
}

/** Whether this job's inputs may reach FFmpeg in a container of ours alone. */
export function mustDisarm(deps: WorkerDeps, claim: Claim): boolean {
  return openWholeRequest(deps.context.vault, claim.job)?.disarm === true;
}
