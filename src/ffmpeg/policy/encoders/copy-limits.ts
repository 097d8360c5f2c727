import type { Quality } from '../../../contract/formats.ts';
import { audioSettings } from './encoder-settings.ts';

/**
 * Bits per second of 1920x1080 at 30 frames up to which a preset copies H.264: a tenth more than the rate at which the preset encodes
 * detailed pictures with grain (10.0, 3.0 and 1.1 Mbit/s for the mosaic of the case `presets` in docs/benchmarks-log.md).
 */
export const COPIED_VIDEO_RATE: Readonly<Record<Quality, number>> = {
  high: 11_000_000,
  medium: 3_300_000,
  low: 1_200_000,
};
const REFERENCE_PIXELS = 1920 * 1080 * 30;
/** Exponent of the pixels per second. Larger pictures and higher rates need fewer bits per pixel. */
const PIXEL_EXPONENT = 0.75;

/** Returns the bits per second up to which a preset copies H.264. `pixels` = luma samples per second. */
export function copiedVideoRate(quality: Quality, pixels: number): number {
  return COPIED_VIDEO_RATE[quality] * (pixels / REFERENCE_PIXELS) ** PIXEL_EXPONENT;
}

/** Share of an encoder's bit rate by which copied audio may exceed that bit rate. */
export const COPIED_AUDIO_SURPLUS = 0.25;

/** Returns the bits per second up to which a preset copies AAC. */
export function copiedAudioRate(quality: Quality, channels: number): number {
  const [, rate] = audioSettings('aac', quality, { channels });
  return Number(rate) * (1 + COPIED_AUDIO_SURPLUS);
}
