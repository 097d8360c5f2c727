import type { AudioStream, RgbProfile, Rotation, VideoStream } from '../../ffmpeg/index.ts';
import type { Color } from './color.ts';

/** The facts that the headers of a video stream declare, as FFmpeg's decoder would report them. */
export interface Picture extends Pick<VideoStream, 'codec' | 'profile' | 'width' | 'height'> {
  pixelFormat: string;
  /** Values that the stream declares. If a value is absent, the container's value applies. */
  color: Partial<Color>;
  /** Width of a sample divided by its height; null if it is not declared. */
  aspect: number | null;
  rgbProfile?: RgbProfile | null;
  /** Rotation that the stream declares for its first picture, which overrides the container's. Absent = none. */
  rotation?: Rotation;
}

/** The facts that the headers of an audio stream declare. */
export type Sound = Pick<AudioStream, 'codec' | 'profile' | 'channels' | 'sampleRate' | 'bitDepth'>;

/** Returns FFmpeg's name of a planar YUV format. If `isFull` is true, the name states that all values are used, as for H.264. */
export function planarFormat(chroma: '420' | '422' | '444', depth: number, isFull = false): string {
  return depth === 8 ? `yuv${isFull ? 'j' : ''}${chroma}p` : `yuv${chroma}p${depth}le`;
}
