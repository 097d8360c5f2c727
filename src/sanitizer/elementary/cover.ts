import type { MediaInfo } from '../../ffmpeg/index.ts';
import { mustBe } from '../codecs/bits.ts';
import { NO_COLOR } from '../codecs/color.ts';
import { scaled } from '../codecs/rational.ts';
import { type FileBytes, sectionOf } from '../file-bytes.ts';
import { readJpeg } from '../images/jpeg.ts';
import { readPng } from '../images/png.ts';
import { requireSize } from '../images/require-size.ts';
import { printedSeconds, videoStream } from '../streams.ts';
import type { Picture } from './pictures.ts';

/** FFmpeg's time scale of a cover, which FFmpeg also reports as the frame rate. */
const TIMESCALE = 90_000;

/** Adds the cover as FFmpeg does: a video stream that lasts as long as the sound. Throws `Unclear` for several covers. */
export function withCover(info: MediaInfo, file: FileBytes, pictures: readonly Picture[]): MediaInfo {
  mustBe(pictures.length === 1 && info.durationSeconds !== null);
  const [{ mime, from, bytes }] = pictures as [Picture];
  const content = sectionOf(file, from, bytes);
  const picture = mime === 'image/png' ? readPng(content) : readJpeg(content);
  requireSize(picture);
  const duration = scaled(Math.round(info.durationSeconds * 1e6), TIMESCALE, 1_000_000);
  const stream = videoStream(info.streamCount, picture, {
    ...{ color: NO_COLOR, aspect: null, rotation: 0, frameRate: null, bitRate: null, frames: null },
    ...{ isDefault: false, durationSeconds: printedSeconds(duration, TIMESCALE), isAttachedPicture: true },
  });
  return { ...info, streamCount: info.streamCount + 1, video: [stream] };
}
