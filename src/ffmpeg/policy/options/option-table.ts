import type { OptionRow } from './option-row.ts';
import { CONTAINER_OPTIONS } from './option-table/container.ts';
import { PICTURE_OPTIONS } from './option-table/picture.ts';
import { RATE_OPTIONS } from './option-table/rate-control.ts';
import { SERVER_OPTIONS } from './option-table/server.ts';
import { SOUND_OPTIONS } from './option-table/sound.ts';
import { STREAM_OPTIONS } from './option-table/streams.ts';
import { TIME_OPTIONS } from './option-table/time.ts';
import { VIDEO_ENCODER_OPTIONS } from './option-table/video-encoders.ts';

export type { OptionRow, OptionScope } from './option-row.ts';

/**
 * The plain FFmpeg options that a request may use. Other options are rejected, because FFmpeg has thousands of options, each release adds
 * some, and many options read or write files.
 */
export const OPTION_TABLE: readonly OptionRow[] = [
  ...STREAM_OPTIONS,
  ...RATE_OPTIONS,
  ...VIDEO_ENCODER_OPTIONS,
  ...PICTURE_OPTIONS,
  ...SOUND_OPTIONS,
  ...TIME_OPTIONS,
  ...CONTAINER_OPTIONS,
  ...SERVER_OPTIONS,
];
