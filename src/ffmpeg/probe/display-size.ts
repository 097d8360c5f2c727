import type { MediaInfo } from '../types.ts';

/**
 * Returns the width of one sample divided by its height. Returns 1 if the stream declares no ratio, or a ratio beyond 1:10. No camera or
 * disc format has such a ratio: it is the result of damage, and would make absurd frame sizes.
 */
export function sampleAspect(width: number, height: number): number {
  const ratio = width / height;
  return Number.isFinite(ratio) && ratio >= 0.1 && ratio <= 10 ? ratio : 1;
}

/** Codecs of calls and of browsers, in which each key frame has its own size. */
const RESIZED_CODECS: readonly string[] = ['vp8', 'vp9', 'av1'];
/** Containers of broadcasts and live streams, which do not declare a size for the entire stream. */
const RESIZED_CONTAINERS: readonly string[] = ['mpegts', 'flv'];

/** Returns whether later frames of a stream may differ in size from the first frame. */
export function mayChangeSize(codec: string, demuxer: string | null): boolean {
  return RESIZED_CODECS.includes(codec) || (demuxer !== null && RESIZED_CONTAINERS.includes(demuxer));
}

/** Sets whether pictures change their size, unless this is not known. */
export function withSizes(info: MediaInfo, changesSize: boolean | undefined): MediaInfo {
  if (changesSize === undefined) return info;
  const video = info.video.map((stream) => ({ ...stream, mayChangeSize: changesSize && !stream.isAttachedPicture }));
  return { ...info, video };
}

/** Returns the pixels that a person sees before rotation: samples are stretched along their longer direction, and never shrunk. */
export function displaySize(width: number, height: number, aspect: number): { wide: number; tall: number } {
  return {
    wide: Math.max(1, Math.round(width * Math.max(1, aspect))),
    tall: Math.max(1, Math.round(height / Math.min(1, aspect))),
  };
}
