import { type DrawnColor, finishColors, type OutputColor } from './color/convert.ts';
import type { Flow } from './flow/flow.ts';
import { rationalFrameRate, type Size } from './geometry.ts';
import { flatten } from './video-filters.ts';

export interface FinishChain {
  /** The video after the caller's filters. */
  flow: Flow;
  background: 'white' | 'black' | null;
  frameRate: number | null;
  /** Size to which all pictures are scaled. */
  size: Size | null;
  /** Maximum short side in pixels. Smaller pictures are not scaled up. */
  shortSide: number | null;
  /** Whether the encoder needs even sides. */
  even: boolean;
  /** What the colors of the output must mean, and the colors after the caller's filters; null = the caller converts colors. */
  color: { output: OutputColor; drawn: DrawnColor } | null;
  pixelFormat: string | null;
}

/**
 * Returns the filters that follow the caller's filters. The size at that point is only an estimate, so the filters are
 * expressions over the real size. Filters without effect are omitted.
 */
export function finishChain(finish: FinishChain): string {
  const { flow, size, shortSide } = finish;
  const filters: string[] = [];
  if (finish.frameRate !== null) filters.push(`fps=${rationalFrameRate(finish.frameRate)}`);
  if (finish.background) filters.push(flatten(finish.background));
  const color = finish.color ? finishColors(finish.color.drawn, finish.color.output) : null;
  const scale = color?.scale ?? [];
  if (size) filters.push(`scale=${[`w=${size.width}`, `h=${size.height}`, ...scale].join(':')}`);
  else if (shortSide !== null && !(flow.certain && Math.min(flow.width, flow.height) <= shortSide)) {
    const short = (side: string) => `trunc(min(${side},${shortSide})/2)*2`;
    const width = `'if(gte(iw,ih),-2,${short('iw')})'`;
    const height = `'if(gte(iw,ih),${short('ih')},-2)'`;
    filters.push(`scale=${[`w=${width}`, `h=${height}`, ...scale].join(':')}`);
  } else if (scale.length > 0) filters.push(`scale=${scale.join(':')}`);
  const isEven = flow.certain && flow.width % 2 === 0 && flow.height % 2 === 0;
  if (finish.even && size === null && !isEven) filters.push('crop=w=trunc(iw/2)*2:h=trunc(ih/2)*2');
  filters.push(...(color?.after ?? []));
  if (finish.pixelFormat) filters.push(`format=${finish.pixelFormat}`);
  return [...filters, ...(color?.last ?? [])].join(',');
}
