import { formatKind } from '../../../contract/formats.ts';
import type { PictureTime, Plan } from '../../../ffmpeg/index.ts';
import type { Claim } from '../../../jobs/rows.ts';
import type { OpenedRequest } from '../attempt.ts';

/**
 * Whether a job may read ranges of its source. This requires a first attempt, one source from a URL, and either one picture or
 * only stills, thumbnails and sprites.
 */
export function mayReadRanges(claim: Claim, { request, outputs, assets }: OpenedRequest): boolean {
  const [input, ...others] = claim.inputs;
  if (claim.number > 1 || input?.object_id !== null || others.length > 0 || assets.length > 0) return false;
  if (outputs.every(({ still, tiles }) => still || tiles)) return true;
  const [output, ...more] = outputs;
  if (!output || more.length > 0 || output.preview || output.waveform || output.tiles) return false;
  if (formatKind(output.outputFormat) !== 'image' || output.outputFormat === 'gif') return false;
  return (request.inputs[0]?.options?.length ?? 0) === 0 && (output.filters?.length ?? 0) === 0;
}

/** Returns the pictures that a command shows, or the reason why it needs more than single pictures. */
export function picturesOf(command: Pick<Plan, 'args' | 'outputs' | 'keyTimes'>): PictureTime[] | { reason: string } {
  if (command.keyTimes) return command.keyTimes.map((seconds) => ({ seconds, isKey: true }));
  if (command.outputs.some((output) => 'tree' in output)) return { reason: 'the source has few key frames' };
  const found = pictureTime(command);
  return 'reason' in found ? found : [found];
}

/** Filters whose result depends only on one picture. */
const OF_ONE_PICTURE: ReadonlySet<string> = new Set(['scale', 'format', 'crop', 'pad', 'setsar', 'hflip', 'vflip']);
/** Options of an output that need other pictures, or other inputs. */
const NEEDS_MORE = /^-(filter_complex|lavfi|i|ss|fps_mode|vsync|r)$/;

/**
 * Returns the time of the only picture that a command shows, in seconds from the start of its input, or the reason why the
 * command needs more.
 */
function pictureTime({ args, outputs }: Pick<Plan, 'args' | 'outputs'>): PictureTime | { reason: string } {
  const [first] = outputs;
  const named = first && 'picture' in first ? first.picture : undefined;
  // Outputs of one command read the input in the same way, so they show the same picture.
  if (named) return named;
  const input = args.indexOf('-i');
  const seek = args.indexOf('-ss');
  const output = args.slice(input + 2);
  const valuesOf = (name: RegExp) => output.filter((_, index) => name.test(output[index - 1] ?? ''));
  const filters = valuesOf(/^-(filter(:v.*)?|vf)$/).flatMap((chain) => chain.split(','));
  const isSimple =
    valuesOf(/^-frames:v$/).at(-1) === '1' &&
    !output.some((arg) => NEEDS_MORE.test(arg)) &&
    filters.every((filter) => OF_ONE_PICTURE.has(filter.split('=')[0]!));
  if (!isSimple) return { reason: 'the command needs more than one picture' };
  const seconds = seek >= 0 && seek < input ? Number(args[seek + 1]) : 0;
  return Number.isFinite(seconds)
    ? { seconds, isKey: false }
    : { reason: 'the command seeks to a time that is not a number' };
}
