import type { LadderRecipe, Plan } from '../../types.ts';
import { forcedKeyFrames, keyFramesOf } from '../ladder/key-frames.ts';
import { MAX_OUTPUT_SECONDS } from '../resources.ts';
import { type CommandOption, readInput, readOptions, seekArgs, THREADS } from './read-arguments.ts';
import { ladderFilterFault, NOT_APPLICABLE } from './timeless-filters.ts';
import type { FrameList, FrameRate, LadderPiece } from './types.ts';

/**
 * The command of a ladder that is split into several: one command per piece, which makes that piece of every rendition, and one command for
 * the audio.
 */
export interface SplitLadder {
  piece(piece: LadderPiece): string[];
  /** Arguments that write the audio to `/out/output.mp4`. Null = the ladder is silent. */
  audio: string[] | null;
}

/** Maximum relative difference between the frame rate of the ladder, which is derived from an average, and the rate of the source. */
const RATE_TOLERANCE = 1e-4;

/**
 * Splits the command of a ladder. Airlock chose the options of this command, and they have the same meaning for a piece. Only the frame
 * rate of the source, filters, layers and options of the input may prevent the split. The function then returns the reason as a sentence.
 * @param rate constant frame rate of the source
 */
export function splitLadder(
  { args, layers }: Plan,
  { renditions, audio, segmentSeconds }: LadderRecipe,
  { frames, rate }: { frames: Pick<FrameList, 'times' | 'timescale'>; rate: FrameRate },
): SplitLadder | string {
  const input = readInput(args);
  if (typeof input === 'string') return input;
  if (layers.length > 0) return 'The job draws text or pictures.';
  const files = splitFiles(input.outputs);
  const videos = renditions.map(({ path }) => files.get(path));
  const sound = audio && files.get(audio.path);
  if (files.size !== videos.length + (audio ? 1 : 0) || videos.includes(undefined) || sound === undefined)
    return 'The job has other outputs.';
  const rungs = renditions.map(({ path }, index) => readRung({ path, options: videos[index]! }, rate));
  const fault = rungs.find((rung) => typeof rung === 'string');
  if (typeof fault === 'string') return fault;
  const keyFrames = keyFramesOf(segmentSeconds);
  const { times, timescale } = frames;
  return {
    piece: ({ key, first, segment, frames: count }) => {
      const forced = forcedKeyFrames(keyFrames, { frame: first, segment, rate });
      return [
        ...input.global,
        ...seekArgs({ key: times[key]!, start: times[first]!, timescale }),
        ...input.open('0'),
        ...(rungs as Rung[]).flatMap((rung) => rung.write(forced, count)),
      ];
    },
    audio: sound && [
      ...[...input.global, ...input.open('0'), ...sound.flatMap((option) => option.args)],
      '/out/output.mp4',
    ],
  };
}

/** Returns the options of each file by its path. */
function splitFiles(args: readonly string[]): Map<string, CommandOption[]> {
  const files = new Map<string, CommandOption[]>();
  let from = 0;
  for (const [at, arg] of args.entries()) {
    if (!arg.startsWith('/out/')) continue;
    files.set(
      arg,
      readOptions(args.slice(from, at)).filter(({ name }) => !THREADS.has(name)),
    );
    from = at + 1;
  }
  return files;
}

interface Rung {
  write(forcedKeyFrames: string, frames: number): string[];
}

/** Matches the first filter, `fps` with the rate of the ladder, which drops the pictures before zero. */
const FIRST_FILTER = /^fps=(\d+(?:\.\d+)?)(?:\/(\d+))?:start_time=0(?:,|$)/;

function readRung(
  { path, options }: { path: string; options: readonly CommandOption[] },
  rate: FrameRate,
): Rung | string {
  const find = (name: string) => options.find((option) => option.name === name)?.args[1] ?? '';
  if (Number(find('t')) !== MAX_OUTPUT_SECONDS) return 'The job trims its input.';
  const chain = find('filter');
  const [head, num, den = '1'] = FIRST_FILTER.exec(chain) ?? [];
  if (!head) return NOT_APPLICABLE;
  const share = (Number(num) * rate.den) / (Number(den) * rate.num);
  if (Math.abs(share - 1) > RATE_TOLERANCE) return 'The ladder has another frame rate than the input.';
  const others = chain.slice(head.length);
  const fault = others === '' ? null : ladderFilterFault(others);
  if (fault) return fault;
  const filters = [`fps=${rate.num}/${rate.den}:start_time=0`, ...(others === '' ? [] : [others])].join(',');
  return {
    write: (forced, frames) => [
      ...options.flatMap(({ name, args: given }) => {
        if (name === 'filter') return [given[0]!, filters];
        if (name === 'force_key_frames') return [given[0]!, forced];
        return name === 'f' ? ['-frames:v', String(frames), ...given] : given;
      }),
      path,
    ],
  };
}
