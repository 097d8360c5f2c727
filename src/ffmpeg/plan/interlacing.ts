import type { VideoStream } from '../types.ts';

/** Deinterlaces frames that are marked as interlaced. All other frames pass unchanged, at no measurable cost. */
const MARKED_FRAMES = 'bwdif=mode=send_frame:deint=interlaced';

/** Deinterlaces marked frames that do not follow each other, such as thumbnails, from each frame alone. */
const SINGLE_FRAMES = 'estdif=mode=frame:deint=interlaced';

/**
 * Returns the filters that make the frames of a stream progressive. `areSingle` means that the frames do not follow each other. Empty if
 * every frame is progressive.
 */
export function deinterlace(stream: VideoStream, areSingle = false): string[] {
  if (!stream.isInterlaced && !stream.mayBeInterlaced) return [];
  return [areSingle ? SINGLE_FRAMES : MARKED_FRAMES];
}

/** Describes a stream behind `steadySize` and `deinterlace`. */
export function prepared(stream: VideoStream): VideoStream {
  return { ...stream, isInterlaced: false, mayBeInterlaced: false, mayChangeSize: false };
}
