import { ffmpeg, ffprobe } from './ffmpeg.ts';
import type { Program } from './program.ts';

/** Every program that cells run, in the order in which Airlock searches for them. */
export const PROGRAMS: readonly Program[] = [ffmpeg, ffprobe];
