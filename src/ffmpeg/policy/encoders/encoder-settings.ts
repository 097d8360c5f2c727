import type { Quality } from '../../../contract/formats.ts';
import type { AudioStream } from '../../types.ts';

/** Short side in pixels up to which pictures get slower settings: standard definition, at most 576 lines. */
export const SMALL_SHORT_SIDE = 576;

/** Returns the libx264 preset. At small sizes, `faster` loses more quality, and decoding is most of the cost anyway. */
export function x264Preset(outputShortSide: number): string {
  return outputShortSide <= SMALL_SHORT_SIDE ? 'fast' : 'faster';
}

/** Quality value of each video encoder. The CRF values reach the same VMAF as CRF 18, 23 and 28 of x264. */
const VIDEO_QUALITY: Readonly<Record<string, Readonly<Record<Quality, number>>>> = {
  libx264: { high: 18, medium: 23, low: 28 },
  libx265: { high: 21, medium: 26, low: 31 },
  libsvtav1: { high: 22, medium: 32, low: 45 },
  libvpx: { high: 12, medium: 22, low: 34 },
  'libvpx-vp9': { high: 24, medium: 32, low: 40 },
  mpeg4: { high: 2, medium: 4, low: 7 },
  mjpeg: { high: 2, medium: 4, low: 8 },
  libwebp: { high: 92, medium: 82, low: 65 },
  libwebp_anim: { high: 85, medium: 75, low: 55 },
};

export interface VideoSettings {
  encoder: string;
  quality: Quality;
  /** Short side of the output in pixels. */
  shortSide: number;
  /**
   * Bits per second at which the encoder can keep the quality of the source's video. It is the maximum of the output if the encoder
   * supports a maximum. Null = unknown.
   */
  sourceBitRate: number | null;
  /** Seconds of the output. Null = unknown. */
  durationSeconds: number | null;
  /** Set if the CRF is searched. The file may then be larger than its source, up to `maxBitRate` bits per second; null = any bit rate. */
  target?: { maxBitRate: number | null } | null;
  /** Options that the caller set, without dash and stream specifier. They are not overridden. */
  stated: ReadonlySet<string>;
}

/** Minimum value of a maximum bit rate, in bits per second. A lower maximum would compete with the container's overhead. */
const MIN_RATE_CAP = 64_000;
/**
 * Bits per second and pixel of a frame up to which an output may always grow. A screen recording is still for most of its time, so its
 * average rate is far below the rate that its key frames and its scrolling need. In a measurement of scrolling text of 640 × 360 and
 * 49 kbit/s, a maximum at the average gave a PSNR of 22 dB, this maximum 38.6 dB, and no maximum 41.7 dB.
 */
const BURST_BITS = 1;
const WIDE = 16 / 9;

/**
 * Factor by which the maximum of `high` exceeds the maximum of `medium`, unless the maximum is the bit rate of the source. Otherwise, both
 * qualities would have the same size.
 */
export const HIGH_FACTOR = 1.5;

/** Returns the lowest maximum bit rate of an output with that short side. */
export function lowestRateCap(shortSide: number, quality: Quality): number {
  const pixels = WIDE * shortSide ** 2 * (quality === 'high' ? HIGH_FACTOR : 1);
  return Math.max(MIN_RATE_CAP, Math.round(BURST_BITS * pixels));
}

/**
 * Bits that a codec needs for the quality of a bit of H.264, in videos as they are published, which slow encoders make. Codecs that are not
 * listed need at least as many bits as H.264.
 */
const CODEC_BITS: Readonly<Record<string, number>> = { hevc: 0.6, vp9: 0.6, av1: 0.5 };
/** Codecs of the encoders that have a maximum. */
const CODEC_OF: Readonly<Record<string, string>> = { libx265: 'hevc', 'libvpx-vp9': 'vp9' };

/**
 * Returns the bits per second at which an encoder can keep the quality of a video. A video never grows if its codec stays the same.
 * Otherwise, every encoder gets the bits that H.264 needs, because Airlock's encoders are fast instead of thorough: in measurements, x265
 * needed 0.5 to 1.05 of the bits of x264 for the same PSNR, and libvpx needed 1 to 1.45.
 */
export function equalBitRate(bitRate: number, codec: string, encoder: string, quality: Quality): number {
  const bits = CODEC_BITS[codec] ?? 1;
  if (bits === 1 || CODEC_OF[encoder] === codec) return bitRate;
  return Math.round((bitRate / bits) * (quality === 'high' ? HIGH_FACTOR : 1));
}

/** Seconds of the buffer over which the maximum bit rate applies. */
const BUFFER_SECONDS = 2;

/**
 * Returns the maximum bit rate and buffer with which an output has at most that average bit rate. An encoder can spend the buffer in addition to
 * the rate, and leaves the buffer half full on average, so both are smaller in a short output. In measurements of 1.5 to 20 s at CRF 18,
 * outputs had 0.91 to 0.98 of the source's bytes. With the source's rate and a fixed buffer, they had 1.02 to 1.47 of the source's bytes.
 */
function cappedRate(cap: number, seconds: number | null): { maxRate: number; bufferSize: number } {
  if (!seconds) return { maxRate: cap, bufferSize: cap * BUFFER_SECONDS };
  const buffer = Math.min(BUFFER_SECONDS, seconds / 2);
  return { maxRate: Math.round(cap * (1 - buffer / (2 * seconds))), bufferSize: Math.round(cap * buffer) };
}

function maximumOf({ target = null, sourceBitRate, shortSide, quality }: VideoSettings): number | null {
  const highest = target ? target.maxBitRate : sourceBitRate;
  const lowest = target ? MIN_RATE_CAP : lowestRateCap(shortSide, quality);
  return highest === null ? null : Math.max(lowest, Math.round(highest));
}

/**
 * Returns encoder arguments for settings that the caller did not set. FFmpeg's own defaults are kept only where they are sensible: VP9's
 * default costs 12 times the CPU of realtime mode, and the defaults of MPEG-4 and VP8 are 200 kbit/s for any picture.
 */
export function videoSettings(settings: VideoSettings): string[] {
  const { encoder, stated, target = null } = settings;
  // The search begins at the quality `high`.
  const step = VIDEO_QUALITY[encoder]?.[target ? 'high' : settings.quality];
  const rateStated = ['crf', 'qp', 'b', 'q', 'qscale', 'lossless'].some((name) => stated.has(name));
  const cap = maximumOf(settings);
  const args: string[] = [];
  const fill = (name: string, option: string, value: string | number) => {
    if (!stated.has(name)) args.push(option, String(value));
  };
  const capped = () => {
    if (cap === null || rateStated || stated.has('maxrate') || stated.has('bufsize')) return;
    const { maxRate, bufferSize } = cappedRate(cap, settings.durationSeconds);
    args.push('-maxrate:v', String(maxRate), '-bufsize:v', String(bufferSize));
  };
  switch (encoder) {
    case 'libx264':
      fill('preset', '-preset:v', x264Preset(settings.shortSide));
      if (!rateStated) args.push('-crf:v', String(step));
      capped();
      break;
    case 'libx265':
      fill('preset', '-preset:v', 'fast');
      if (!rateStated) args.push('-crf:v', String(step));
      capped();
      break;
    case 'libsvtav1':
      fill('preset', '-preset:v', '10');
      if (!rateStated) args.push('-crf:v', String(step));
      if (target) capped();
      break;
    case 'libvpx-vp9':
      fill('deadline', '-deadline:v', 'realtime');
      fill('cpu-used', '-cpu-used:v', settings.shortSide <= SMALL_SHORT_SIDE ? 6 : 8);
      fill('row-mt', '-row-mt:v', 1);
      // With a CRF, libvpx uses the bit rate as a maximum ("constrained quality"). A bit rate of 0 removes this maximum.
      if (!rateStated) args.push('-crf:v', String(step), '-b:v', String(cap ?? 0));
      else if (stated.has('crf') && !stated.has('b')) args.push('-b:v', '0');
      break;
    case 'libvpx':
      fill('deadline', '-deadline:v', 'realtime');
      fill('cpu-used', '-cpu-used:v', 6);
      // VP8 has no unlimited constant quality: the bit rate is always a maximum.
      if (!stated.has('b')) args.push('-b:v', String(cap ?? 8_000_000));
      if (!rateStated) args.push('-crf:v', String(step));
      break;
    case 'mpeg4':
      if (!rateStated) args.push('-q:v', String(step));
      break;
    case 'mjpeg':
      if (!rateStated) args.push('-q:v', String(step));
      break;
    case 'libwebp':
    case 'libwebp_anim':
      fill('quality', '-quality:v', step ?? 80);
      break;
  }
  return args;
}

const AUDIO_QUALITY: Readonly<Record<string, Readonly<Record<Quality, readonly string[]>>>> = {
  aac: { high: ['-b:a', '192000'], medium: ['-b:a', '128000'], low: ['-b:a', '96000'] },
  libopus: { high: ['-b:a', '128000'], medium: ['-b:a', '112000'], low: ['-b:a', '96000'] },
  libmp3lame: { high: ['-q:a', '0'], medium: ['-q:a', '2'], low: ['-q:a', '5'] },
  libvorbis: { high: ['-q:a', '6'], medium: ['-q:a', '4'], low: ['-q:a', '2'] },
};

/** Returns the arguments for the quality of a lossy audio encoder. A mono source gets half the bit rate of stereo. */
export function audioSettings(
  encoder: string,
  quality: Quality,
  source: Pick<AudioStream, 'channels'> | null,
): string[] {
  const args = AUDIO_QUALITY[encoder]?.[quality] ?? [];
  if (source?.channels === 1 && args[0] === '-b:a') return ['-b:a', String(Number(args[1]) / 2)];
  return [...args];
}

export const LOSSLESS_AUDIO: readonly string[] = [
  'flac',
  'alac',
  'pcm_u8',
  'pcm_s16le',
  'pcm_s24le',
  'pcm_s32le',
  'pcm_f32le',
];

/** Returns the pixel format that the encoder's usual players support; null = FFmpeg chooses the format nearest to the source. */
export function pixelFormatFor(encoder: string, source: { alpha: boolean; bitDepth: number }): string | null {
  const { alpha } = source;
  switch (encoder) {
    // Almost no player supports H.264 with 10 bits. Players of HEVC and AV1 support 10 bits, so these codecs keep the bit depth, and with
    // it HDR.
    case 'libx265':
    case 'libsvtav1':
      return source.bitDepth > 8 ? 'yuv420p10le' : 'yuv420p';
    case 'libx264':
    case 'mpeg4':
      return 'yuv420p';
    case 'libvpx':
    case 'libvpx-vp9':
    case 'libwebp':
    case 'libwebp_anim':
      return alpha ? 'yuva420p' : 'yuv420p';
    case 'mjpeg':
      return 'yuvj420p';
    case 'png':
      return alpha ? 'rgba' : 'rgb24';
    default:
      return null;
  }
}

/** Encoders that support transparency. */
export const ALPHA_ENCODERS: readonly string[] = [
  'libvpx',
  'libvpx-vp9',
  'libwebp',
  'libwebp_anim',
  'png',
  'gif',
  'prores_ks',
  'ffv1',
];
