import type { Quality } from '../../contract/formats.ts';
import { audioSettings } from './encoder-settings.ts';

/**
 * Bits per second of 1920x1080 at 30 frames up to which a preset copies H.264: what x264 needs at the CRF of that
 * quality for detailed film with grain (docs/benchmarks.md, case `presets`), and a tenth more.
 */
export const COPIED_VIDEO_RATE: Readonly<Record<Quality, number>> = {
  high: 8_000_000,
  medium: 3_000_000,
  low: 1_400_000,
};
const REFERENCE_PIXELS = 1920 * 1080 * 30;
/** Larger pictures and higher rates need fewer bits per pixel. */
const PIXEL_EXPONENT = 0.75;

/** @param pixels luma samples per second */
export function copiedVideoRate(quality: Quality, pixels: number): number {
  return COPIED_VIDEO_RATE[quality] * (pixels / REFERENCE_PIXELS) ** PIXEL_EXPONENT;
}

/** Part of an encoder's bit rate by which copied audio may exceed it. */
export const COPIED_AUDIO_SURPLUS = 0.25;

/** Bits per second up to which a preset copies AAC. */
export function copiedAudioRate(quality: Quality, channels: number): number {
  const [, rate] = audioSettings('aac', quality, { channels });
  return Number(rate) * (1 + COPIED_AUDIO_SURPLUS);
}
