import type { MediaInfo } from '../../ffmpeg/index.ts';
import { unlessUnclear } from '../codecs/bits.ts';
import { NO_COLOR } from '../codecs/color.ts';
import type { Picture } from '../codecs/types.ts';
import type { FileBytes } from '../file-bytes.ts';
import { videoStream } from '../streams.ts';
import { readAnimatedWebp } from './animated-webp.ts';
import { readApng } from './apng.ts';
import { readGif } from './gif.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { requireSize } from './require-size.ts';
import { readWebp } from './webp.ts';

/** Frames per second. FFmpeg reads a picture as a video of one frame at this rate. */
const FRAME_RATE = 25;

const READERS: Readonly<Record<string, (file: FileBytes) => Picture>> = {
  jpeg_pipe: readJpeg,
  png_pipe: readPng,
  webp_pipe: readWebp,
};

/**
 * Returns the facts that ffprobe would report about a picture. Returns null for other files, and if ffprobe may report something else. For
 * an APNG and an animated WebP, returns facts that ffprobe does not find.
 */
export function imageInfo(file: FileBytes, demuxer: string): MediaInfo | null {
  return unlessUnclear(() => {
    if (demuxer === 'gif') return readGif(file);
    if (demuxer === 'apng') return readApng(file);
    const animation = demuxer === 'webp_pipe' ? readAnimatedWebp(file) : null;
    if (animation) return animation;
    const read = READERS[demuxer];
    return read ? stillInfo(file, demuxer, read(file)) : null;
  });
}

function stillInfo(file: FileBytes, demuxer: string, picture: Picture): MediaInfo {
  requireSize(picture);
  const nothing = { aspect: null, rotation: 0, bitRate: null, frames: null, durationSeconds: null } as const;
  const track = { ...nothing, color: NO_COLOR, frameRate: FRAME_RATE, isDefault: false };
  return {
    ...{ container: demuxer, demuxer, durationSeconds: null, sizeBytes: file.size, bitRate: null, streamCount: 1 },
    ...{ video: [videoStream(0, picture, track)], audio: [], subtitleCount: 0, isImage: true, isAnimated: false },
  };
}
