import type { VideoStream } from '../types.ts';

/** Deinterlaces frames that are marked as interlaced. All other frames pass unchanged, at no measurable cost. */
const MARKED_FRAMES = 'bwdif=mode=send_frame:deint=interlaced';

/** Returns the filters that make the frames of a stream progressive; empty if every frame is progressive. */
export function deinterlace(stream: VideoStream): string[] {
  return stream.isInterlaced || stream.mayBeInterlaced ? [MARKED_FRAMES] : [];
}

/** Describes a stream behind `steadySize` and `deinterlace`. */
export function prepared(stream: VideoStream): VideoStream {
  return { ...stream, isInterlaced: false, mayBeInterlaced: false, mayChangeSize: false };
}
