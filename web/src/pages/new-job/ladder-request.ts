import type { LadderFormat } from '../../../../src/contract/formats.ts';
import { numberField } from './numbers.ts';

/** Short sides of renditions to choose from, in pixels. */
export const HEIGHTS = [2160, 1440, 1080, 720, 540, 360, 240] as const;

/** The current choices for a ladder. */
export interface DraftLadder {
  format: LadderFormat;
  isAuto: boolean;
  /** Short sides of the renditions in pixels, unless the ladder is automatic. */
  heights: readonly number[];
  /** Seconds of a segment; empty for the default. */
  segmentSeconds: string;
  isEncrypted: boolean;
}

export function newLadder(): DraftLadder {
  return { format: 'hls', isAuto: true, heights: [1080, 720, 360], segmentSeconds: '', isEncrypted: false };
}

/** Returns the fields of the request. Only HLS can be encrypted. */
export function ladderFields({ format, isAuto, heights, segmentSeconds, isEncrypted }: DraftLadder) {
  const sorted = [...heights].sort((a, b) => b - a);
  return {
    ladder: isAuto ? ('auto' as const) : sorted.map((height) => ({ height })),
    ...numberField('segment_seconds', segmentSeconds),
    ...(isEncrypted && format === 'hls' && { encryption: 'aes-128' as const }),
  };
}
