import { basename } from 'node:path';
import { IMAGE_FORMATS, TILE_FORMATS } from '../../contract/formats.ts';
import {
  compareFields,
  FIELD_PLACES,
  FIELD_WIDTH,
  type FieldVerdict,
  fieldSampleArgs,
  fieldSampleBytes,
  isCheaplySampled,
  type JobPlan,
  type MixedFields,
  type PlanWarning,
  STANDARD_INPUT,
  suspectedFields,
  type VideoStream,
  withMixedFields,
} from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';
import { decodeLuma, LUMA_NAME } from './decode-luma.ts';
import type { PreparedInput } from './inputs.ts';
import type { PreparedSources } from './sources/prepared.ts';

const PICTURES: ReadonlySet<string> = new Set([...IMAGE_FORMATS, ...TILE_FORMATS]);

interface FoundFields {
  plan: JobPlan;
  warnings: PlanWarning[];
}

/**
 * Looks for interlaced frames that are not marked, and for telecined film. If an input has such frames, describes them in `sources` and
 * returns a new plan. Samples an input only if the result could change the commands. Copies, sound, and requests with their own
 * deinterlacer need no samples.
 */
export async function findFields(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  plan: JobPlan,
  replan: () => Promise<JobPlan>,
): Promise<FoundFields> {
  const { inputs } = sources;
  const suspects = inputs.map((input) => (maySample(sources, input, plan) ? suspectedFields(input) : null));
  if (suspects.every((suspect) => suspect === null)) return { plan, warnings: [] };
  const describe = (fields: readonly (MixedFields | null)[]) =>
    inputs.map((input, index) => {
      const found = fields[index];
      return found ? { ...input, info: withMixedFields(input.info, found) } : input;
    });
  sources.inputs = describe(suspects.map((suspect) => suspect?.suspected ?? null));
  const isIndifferent = hasSameArguments(plan, await replan());
  sources.inputs = inputs;
  if (isIndifferent) return { plan, warnings: [] };
  const found: (MixedFields | null)[] = [];
  for (const [index, suspect] of suspects.entries())
    found.push(suspect && (await sampleFields(attempt, sources, inputs[index]!, suspect.stream)));
  if (found.every((fields) => fields === null)) return { plan, warnings: [] };
  sources.inputs = describe(found);
  const warnings = found.flatMap((fields, index) => (fields ? [warningOf(fields, index)] : []));
  return { plan: await replan(), warnings };
}

/**
 * Whether the frames of an input can be read, and whether reading them costs little compared with the job. A picture of an HD video takes
 * about as long as a sample.
 */
function maySample({ planned, originals }: PreparedSources, { info }: PreparedInput, { commands }: JobPlan): boolean {
  if (planned !== null || originals === null) return false;
  const showsPictures = commands.every(({ outputs }) => outputs.every(({ format }) => PICTURES.has(format)));
  return !showsPictures || info.video.every(isCheaplySampled);
}

function hasSameArguments(one: JobPlan, other: JobPlan): boolean {
  const text = ({ commands }: JobPlan) => JSON.stringify(commands.map(({ args }) => args));
  return text(one) === text(other);
}

/** Returns the fields of a stream if at least two places show mixed fields. */
async function sampleFields(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  input: PreparedInput,
  stream: VideoStream,
): Promise<MixedFields | null> {
  const verdicts: FieldVerdict[] = [];
  for (const place of FIELD_PLACES.keys()) {
    const verdict = await comparePlace(attempt, sources, { input, stream, place });
    // Most sources are progressive, so the search usually ends here.
    if (verdict === 'progressive' && !verdicts.some(isMixed)) return null;
    verdicts.push(verdict);
  }
  const mixed = verdicts.filter(isMixed);
  const [first] = mixed;
  if (!first || mixed.length < 2) return null;
  const isUniform = mixed.every(({ kind, first: field }) => kind === first.kind && field === first.first);
  if (isUniform && !verdicts.includes('progressive'))
    return stream.isInterlaced && first.kind !== 'film' ? null : first;
  return stream.isInterlaced ? null : { kind: 'combed', first: first.first };
}

function isMixed(verdict: FieldVerdict): verdict is MixedFields {
  return typeof verdict === 'object';
}

async function comparePlace(
  attempt: TranscodeAttempt,
  { slot, openStdin }: PreparedSources,
  { input, stream, place }: { input: PreparedInput; stream: VideoStream; place: number },
): Promise<FieldVerdict> {
  const args = fieldSampleArgs(input, stream, place, LUMA_NAME);
  const source =
    input.path === STANDARD_INPUT && openStdin ? openStdin() : { name: basename(input.path), path: input.file };
  const luma = await decodeLuma(attempt, { args, stream, source, slot, bytes: fieldSampleBytes(stream) });
  if (!luma) return 'unclear';
  const size = FIELD_WIDTH * stream.height;
  const frames = Array.from({ length: luma.length / size }, (_, at) => luma.subarray(at * size, (at + 1) * size));
  return compareFields(frames, FIELD_WIDTH);
}

function warningOf({ kind }: MixedFields, index: number): PlanWarning {
  const subject = `Input ${index + 1}`;
  const message =
    kind === 'film'
      ? `${subject} is telecined film. Airlock restored the frames of the film, so the output has four fifths of the frame rate.`
      : `${subject} has interlaced frames that are not marked as interlaced. Airlock deinterlaced all of its frames.`;
  return { field: 'inputs', message };
}
