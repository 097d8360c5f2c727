import { displaySize, sampleAspect } from '../../ffmpeg/probe/display-size.ts';
import type { ContainerFacts } from '../types.ts';
import { float, number } from './rewrite-children.ts';
import { ID } from './schema.ts';

/** FFmpeg's names of the codecs whose facts the container declares. */
export const MATROSKA_CODECS: Readonly<Record<string, string>> = {
  ...{ V_VP8: 'vp8', V_VP9: 'vp9', V_AV1: 'av1', 'V_MPEG4/ISO/AVC': 'h264', 'V_MPEGH/ISO/HEVC': 'hevc' },
  ...{ A_OPUS: 'opus', A_VORBIS: 'vorbis', A_AAC: 'aac', A_FLAC: 'flac', 'A_MPEG/L3': 'mp3' },
};
/** Codecs that can declare a pixel aspect ratio in the stream. If the container declares none, only ffprobe can find the ratio. */
const DECLARES_ASPECT: ReadonlySet<string> = new Set(['h264', 'hevc']);
/** Maximum unit of `DisplayWidth` that defines an aspect ratio: pixels, centimeters, inches, a ratio (RFC 9559, 5.1.4.1.28.14). */
const MAX_DISPLAY_UNIT = 3;
const CROPS: ReadonlySet<number> = new Set([0x54aa, 0x54bb, 0x54cc, 0x54dd]);
const ROTATIONS: ReadonlySet<number> = new Set([0x7673, 0x7674, 0x7675]);

/** Collects the facts of one track while it is read. */
export function trackFacts() {
  const values = new Map<number, number>();
  let codecId = '';
  let isPlain = true;
  return {
    add(id: number, content: Buffer): void {
      if (id === ID.codecId) codecId = content.toString('latin1').replace(/\0+$/, '');
      else if (ROTATIONS.has(id)) isPlain &&= float(content) === 0;
      else if (CROPS.has(id)) isPlain &&= number(content) === 0n;
      else if (content.length <= 6) values.set(id, Number(number(content)));
    },
    video(): ContainerFacts['video'][number] | null {
      const codec = MATROSKA_CODECS[codecId];
      const [width, height] = [values.get(ID.pixelWidth) ?? 0, values.get(ID.pixelHeight) ?? 0];
      const aspect = aspectOf(width, height);
      if (!codec || !isPlain || (aspect === null && DECLARES_ASPECT.has(codec))) return null;
      const { wide, tall } = displaySize(width, height, aspect ?? 1);
      return { codec, width, height, displayWidth: wide, displayHeight: tall, isAttachedPicture: false };
    },
    audio(): ContainerFacts['audio'][number] | null {
      const codec = MATROSKA_CODECS[codecId];
      // The default of FlagDefault is 1.
      return codec ? { codec, isDefault: (values.get(ID.flagDefault) ?? 1) === 1 } : null;
    },
  };

  /** Returns the pixel aspect ratio; null if the container does not declare it. */
  function aspectOf(width: number, height: number): number | null {
    const [wide, tall] = [values.get(ID.displayWidth) ?? 0, values.get(ID.displayHeight) ?? 0];
    if (wide === 0 || tall === 0 || (values.get(ID.displayUnit) ?? 0) > MAX_DISPLAY_UNIT) return null;
    return sampleAspect(height * wide, width * tall);
  }
}
