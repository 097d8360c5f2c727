import type { MediaFacts, PlannedRequest } from '../blueprint.ts';
import { resize, sourceSize } from './frame.ts';
import { frameRate, movementSeconds, moveWindow, type Window } from './motion.ts';
import { filtered } from './request.ts';

/** Share of each side that is cut off at the closest position, where the picture is enlarged by a factor of 1.25. */
export const ZOOM_CUT = 0.1;
/** The short side, in pixels, of videos with a moving camera. Limited, because interpolating each pixel is slow. */
const SHORT_SIDE = 1080;

/** Plans a video with a moving camera. `windowOf` gets the number of frames of the movement. The sound stays unchanged. */
export function moved(url: string, source: MediaFacts, windowOf: (frames: number) => Window): PlannedRequest {
  const rate = frameRate(source);
  const window = windowOf(movementSeconds(source) * rate);
  const filter = `[0:v]${resize(sourceSize(source, SHORT_SIDE))},fps=fps=${rate},${moveWindow(window)}[v]`;
  return filtered([url], [filter]);
}
