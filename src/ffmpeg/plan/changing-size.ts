import type { VideoStream } from '../types.ts';
import { storedSize } from './geometry.ts';

/**
 * The option of an input whose frame size may change. Without it, FFmpeg would rebuild all filters at each change, and filters that count
 * from time zero would start again.
 */
export const KEEP_FILTERS: readonly string[] = ['-reinit_filter:v', '0'];

/**
 * Returns filters that fit all pictures of a stream into the size of its first picture, with bars. They must be the first filters, because
 * the size of pictures must not change within other filters. Pictures of the first size pass unchanged.
 */
export function steadySize(stream: VideoStream): string[] {
  if (!stream.mayChangeSize) return [];
  const { width, height } = storedSize(stream);
  const aspect = `dar/${stream.sampleAspectRatio}`;
  // The smaller of both terms, without commas, so that the filters need no quotes.
  const least = (side: number, other: string) => `round((${side}+${other}-abs(${side}-${other}))/2)`;
  const scale = `scale=w=${least(width, `${height}*${aspect}`)}:h=${least(height, `${width}/(${aspect})`)}:eval=frame`;
  const even = (side: number) => side + (side % 2);
  const pad = `pad=${even(width)}:${even(height)}:-1:-1:eval=frame`;
  const isOdd = width % 2 === 1 || height % 2 === 1;
  // The scaled size is rounded, which changes the aspect ratio of its pixels.
  const shape = `setsar=${stream.sampleAspectRatio}`;
  return [scale, pad, shape, ...(isOdd ? [`crop=${width}:${height}:0:0:exact=1`] : [])];
}
