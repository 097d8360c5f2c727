import { displaySize, sampleAspect } from '../../media/probe/display-size.ts';
import type { ContainerFacts } from '../types.ts';
import { float, number } from './carry.ts';
import { ID } from './schema.ts';

/** FFmpeg's names of codecs whose pictures need no look into the stream for their shape. */
const CODECS: Readonly<Record<string, string>> = {
  ...{ V_VP8: 'vp8', V_VP9: 'vp9', V_AV1: 'av1', 'V_MPEG4/ISO/AVC': 'h264', 'V_MPEGH/ISO/HEVC': 'hevc' },
  ...{ A_OPUS: 'opus', A_VORBIS: 'vorbis', A_AAC: 'aac', A_FLAC: 'flac', 'A_MPEG/L3': 'mp3' },
};
/** Codecs that can state the shape of a sample themselves; where the container is silent, ffprobe reads it there. */
const SHAPED: ReadonlySet<string> = new Set(['h264', 'hevc']);
/** Units of `DisplayWidth` that make a shape: pixels, centimetres, inches, a ratio (RFC 9559, 5.1.4.1.28.14). */
const MAX_DISPLAY_UNIT = 3;
const CROPS: ReadonlySet<number> = new Set([0x54aa, 0x54bb, 0x54cc, 0x54dd]);
const POSES: ReadonlySet<number> = new Set([0x7673, 0x7674, 0x7675]);

/** Collects the facts of one track while it is read. */
export function trackFacts() {
  const values = new Map<number, number>();
  let codecId = '';
  let isPlain = true;
  return {
    see(id: number, content: Buffer): void {
      if (id === ID.codecId) codecId = content.toString('latin1').replace(/\0+$/, '');
      else if (POSES.has(id)) isPlain &&= float(content) === 0;
      else if (CROPS.has(id)) isPlain &&= number(content) === 0n;
      else if (content.length <= 6) values.set(id, Number(number(content)));
    },
    picture(): ContainerFacts['video'][number] | null {
      const codec = CODECS[codecId];
      const [width, height] = [values.get(ID.pixelWidth) ?? 0, values.get(ID.pixelHeight) ?? 0];
      const aspect = aspectOf(width, height);
      if (!codec || !isPlain || (aspect === null && SHAPED.has(codec))) return null;
      const { wide, tall } = displaySize(width, height, aspect ?? 1);
      return { codec, width, height, displayWidth: wide, displayHeight: tall, isAttachedPicture: false };
    },
    sound(): ContainerFacts['audio'][number] | null {
      const codec = CODECS[codecId];
      // A track is a default one unless it says otherwise.
      return codec ? { codec, isDefault: (values.get(ID.flagDefault) ?? 1) === 1 } : null;
    },
  };

  /** Null = the container does not state it. */
  function aspectOf(width: number, height: number): number | null {
    const [wide, tall] = [values.get(ID.displayWidth) ?? 0, values.get(ID.displayHeight) ?? 0];
    if (wide === 0 || tall === 0 || (values.get(ID.displayUnit) ?? 0) > MAX_DISPLAY_UNIT) return null;
    return sampleAspect(height * wide, width * tall);
  }
}
