import type { MediaInfo } from '../../ffmpeg/index.ts';
import { mustBe } from '../codecs/bits.ts';
import { NO_COLOR } from '../codecs/color.ts';
import type { FileBytes } from '../file-bytes.ts';
import { movieInfo, videoStream } from '../streams.ts';
import { readPng } from './png.ts';
import { requireSize } from './require-size.ts';

const CONTROL = 'acTL';
const FRAME = 'fcTL';
const DATA = 'fdAT';
const CONTROL_BYTES = 8;
const FRAME_BYTES = 26;
/** Offsets in the description of a frame. The delay is a fraction. */
const WIDTH_AT = 4;
const HEIGHT_AT = 8;
const LEFT_AT = 12;
const TOP_AT = 16;
const DELAY_AT = 20;
/** Denominator of a delay that declares none. */
const DEFAULT_UNITS = 100;
/** Frames per second of FFmpeg for a frame without a delay. */
const DEFAULT_RATE = 15;
const MICROSECONDS = 1_000_000;

/**
 * Describes an animated PNG (Portable Network Graphics, third edition) by its header and the list of its frames. ffprobe reports neither
 * their number nor their duration. The first picture is not a frame if its pixels precede the first description of a frame. FFmpeg skips
 * such a picture. Throws `Unclear`.
 */
export function readApng(file: FileBytes): MediaInfo {
  let declared = 0;
  let frames = 0;
  let microseconds = 0;
  const sizes: { width: number; height: number; left: number; top: number }[] = [];
  const picture = readPng(file, ({ name, at, length, hasPixels }) => {
    if (name === CONTROL) {
      mustBe(length === CONTROL_BYTES && declared === 0 && !hasPixels);
      declared = file.read(at, 4).readUInt32BE(0);
      mustBe(declared > 0);
    } else if (name === FRAME) {
      mustBe(length === FRAME_BYTES && declared > 0 && ++frames <= declared);
      const frame = Buffer.from(file.read(at, FRAME_BYTES));
      const width = frame.readUInt32BE(WIDTH_AT);
      const height = frame.readUInt32BE(HEIGHT_AT);
      sizes.push({ width, height, left: frame.readUInt32BE(LEFT_AT), top: frame.readUInt32BE(TOP_AT) });
      microseconds += delayOf(frame);
    } else mustBe(name === DATA && frames > 0 && hasPixels);
  });
  requireSize(picture);
  mustBe(frames === declared && microseconds > 0);
  mustBe(sizes.every(({ width, left }) => width > 0 && left + width <= picture.width));
  mustBe(sizes.every(({ height, top }) => height > 0 && top + height <= picture.height));
  const isImage = frames === 1;
  // A frame may have other colors than the frame before it, so FFmpeg decodes a palette to RGBA.
  const pixelFormat = picture.pixelFormat === 'pal8' ? 'rgba' : picture.pixelFormat;
  const stream = videoStream(
    0,
    { ...picture, codec: 'apng', pixelFormat },
    {
      ...{ color: NO_COLOR, rotation: 0, aspect: null, bitRate: null, isDefault: false },
      ...{ frames, durationSeconds: microseconds / MICROSECONDS, frameRate: (frames * MICROSECONDS) / microseconds },
    },
  );
  const info = movieInfo({ container: 'apng', demuxer: 'apng', sizeBytes: file.size, microseconds }, [stream], []);
  return { ...info, ...(isImage && { durationSeconds: null }), isImage, isAnimated: !isImage };
}

/** Returns the microseconds for which FFmpeg shows a frame. */
function delayOf(frame: Buffer): number {
  const delay = frame.readUInt16BE(DELAY_AT);
  const units = frame.readUInt16BE(DELAY_AT + 2) || DEFAULT_UNITS;
  return Math.round(delay === 0 ? MICROSECONDS / DEFAULT_RATE : (delay * MICROSECONDS) / units);
}
