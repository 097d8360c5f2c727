import { JobFailure } from '../../contract/failures.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { PlanInput } from '../types.ts';
import type { Selection } from './plan-streams.ts';

/** Time of a still picture. The first second is often black, and short clips do not have a second one. */
const STILL_SECONDS = 1;
const STILL_SHARE = 0.1;
/** Containers with an index, in which an input-side seek lands on the same frame as one on the output side. */
const INDEXED_DEMUXERS: readonly string[] = ['mov', 'matroska'];

/** A picture lasts one frame. It becomes a video only if the request sets a length. */
export function loopStills(
  inputs: readonly PlanInput[],
  inputOptions: readonly OptionSet[],
  options: OptionSet,
  job: { kind: string; still: boolean; selection: Selection; copy: boolean; ownLength: boolean; graph: boolean },
): boolean[] {
  const bounded = options.length() !== null || options.has('shortest') || options.has('frames', 'v');
  return inputs.map((input, index) => {
    if (!input.info.isImage) return false;
    const own = inputOptions[index]!;
    const asked = (own.number('loop') ?? 0) !== 0 || own.length() !== null;
    // A graph repeats a picture itself where needed; overlay repeats a watermark.
    // A copied picture is one frame, as FFmpeg has it: repeated, it would be an endless video.
    if (job.graph || job.copy) return asked;
    // An animation may be made of a picture if the caller requests it. Otherwise the picture stays one frame.
    if (job.kind !== 'video') return asked && job.kind === 'image' && !job.still;
    if (job.ownLength) return asked;
    if (bounded || asked) return true;
    if (job.selection.video?.input === index) {
      throw new JobFailure(
        'empty_media',
        'A picture has no duration; add the option -t with the seconds that the video should last.',
      );
    }
    return false;
  });
}

export function seekPosition(
  inputs: readonly PlanInput[],
  inputOptions: readonly OptionSet[],
  options: OptionSet,
  job: { still: boolean; raw: boolean; selection: Selection; copy: boolean; filtered: boolean; timed: boolean },
): { input: number | null; moved: boolean } {
  const own = inputOptions[0]!;
  const { info, demuxer } = inputs[0]!;
  const ownTiming = ['ss', 'sseof', 't', 'to', 'itsoffset', 'stream_loop', 'loop'].some((name) => own.has(name));
  if (inputs.length > 1 || ownTiming || info.isImage) return { input: null, moved: false };
  // A seek on the output side decodes and discards everything before the position, which was measured to need 54 times the CPU time.
  const stated = options.number('ss');
  if (stated !== null) {
    // Filters that read the time, such as subtitles, need the time of the input.
    if (job.timed) return { input: null, moved: false };
    // A copy starts at a key frame, wherever the seek is done. On the output side, it would lose all packets before the
    // next key frame.
    return job.copy || INDEXED_DEMUXERS.includes(demuxer)
      ? { input: stated, moved: true }
      : { input: null, moved: false };
  }
  const isCover = job.selection.video?.stream.isAttachedPicture ?? false;
  if (!job.still || job.raw || job.filtered || isCover || info.isAnimated || info.durationSeconds === null)
    return { input: null, moved: false };
  return { input: Math.min(STILL_SECONDS, STILL_SHARE * info.durationSeconds), moved: false };
}
