import type { MediaFacts, PlannedRequest } from '../blueprint.ts';
import { resize, sourceSize } from './frame.ts';
import { frameRate, movementSeconds, moveWindow, type Window } from './motion.ts';
import { filtered } from './request.ts';

/** Share of each side that is cut off at the closest position, where the picture is enlarged 1.25 times. */
export const ZOOM_CUT = 0.1;
/** The short side of videos with a moving camera. Interpolating each pixel is slow. */
const SHORT_SIDE = 1080;

/** A video that a camera moves over. `windowOf` gets the number of frames of the movement. Its sound stays. */
export function moved(url: string, source: MediaFacts, windowOf: (frames: number) => Window): PlannedRequest {
  const rate = frameRate(source);
  const window = windowOf(movementSeconds(source) * rate);
  const filter = `[0:v]${resize(sourceSize(source, SHORT_SIDE))},fps=fps=${rate},${moveWindow(window)}[v]`;
  return filtered([url], [filter]);
}
