import {
  averageRate,
  cutLadder,
  cutVideo,
  type FrameList,
  type FrameRate,
  type KeptTimes,
  keptTimes,
  type LadderRecipe,
  type Piece,
  type Plan,
  type PlannedOutput,
  type SplitCommand,
  splitCommand,
  splitLadder,
} from '../../../ffmpeg/index.ts';

/** A piece, and the command that makes it from the source. */
export interface CutPiece {
  piece: Piece;
  args: string[];
  /** Names of the files of the piece; absent if the piece is one file. */
  files?: string[];
}

/** A plan of a video or of a ladder that pieces can make. */
export interface SplitPlan {
  /** Cuts the source for this number of slots into pieces of at least `leastSeconds`. Returns null if it cannot be cut. */
  cut(slots: number, leastSeconds: number): CutPiece[] | null;
  /** FFmpeg's arguments for the entire audio; null if there is no audio. */
  audio: string[] | null;
  /** The constant rate, or the average rate if the frames keep the times of the source. */
  rate: FrameRate;
  /** Defines how a video is joined; null if the plan makes a ladder. */
  join: VideoJoin | null;
}

interface VideoJoin extends Pick<SplitCommand, 'join' | 'cap'> {
  /** Returns the times that the frames keep; absent if the frames have a constant rate. */
  times?: (pieces: readonly Piece[]) => KeptTimes;
}

interface Source {
  frames: FrameList;
  /** The constant rate; null = the source has none. */
  rate: FrameRate | null;
  /** Names of the options that the request sets. */
  stated: readonly string[];
}

const UNEVEN = 'The video of the input has no constant frame rate.';

/** Returns the recipe of the ladder that an output contains; null for any other output. */
export function ladderOf(output: PlannedOutput): LadderRecipe | null {
  return 'tree' in output && output.tree.make.kind === 'ladder' ? output.tree.make : null;
}

/** Splits a plan of one output. Otherwise returns a sentence about why the plan cannot be split. */
export function splitPlan(plan: Plan, source: Source): SplitPlan | string {
  const recipe = ladderOf(plan.outputs[0]!);
  return recipe ? splitRungs(plan, recipe, source) : splitVideo(plan, source);
}

function splitVideo(plan: Plan, { frames, rate: constant, stated }: Source): SplitPlan | string {
  const command = splitCommand(plan, stated);
  if (typeof command === 'string') return command;
  const { keepsTimes } = command;
  const { times, timescale } = frames;
  const rate = keepsTimes ? averageRate(frames) : constant;
  if (!rate) return UNEVEN;
  return {
    rate,
    cut(slots, leastSeconds) {
      const pieces = cutVideo(frames, slots, leastSeconds);
      return (
        pieces?.map((piece) => ({
          piece,
          args: command.piece(piece, { time: times[piece.first]!, timescale, rate }),
        })) ?? null
      );
    },
    audio: command.audio,
    join: { ...command, ...(keepsTimes && { times: (pieces) => keptTimes(frames, pieces) }) },
  };
}

function splitRungs(plan: Plan, recipe: LadderRecipe, { frames, rate }: Source): SplitPlan | string {
  if (!rate) return UNEVEN;
  const command = splitLadder(plan, recipe, { frames, rate });
  if (typeof command === 'string') return command;
  const files = recipe.renditions.map(({ path }) => path.replace('/out/', ''));
  const { segmentSeconds } = recipe;
  return {
    rate,
    cut(slots, least) {
      const pieces = cutLadder(frames, { rate, segmentSeconds, slots, least });
      return pieces?.map((piece) => ({ piece, args: command.piece(piece), files })) ?? null;
    },
    audio: command.audio,
    join: null,
  };
}
