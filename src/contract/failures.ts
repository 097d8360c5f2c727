import { rewrittenNames } from './containers.ts';

/**
 * Why a job can fail: the stable `error_code` of a job, declared once. `advice` is the second half of what a
 * person reads; `retry` says whether another attempt can help (a dead worker, a storage or a
 * source that answered 5xx; never bad media, refused options or limits).
 */
export const failures = {
  invalid_media: { advice: 'Check that the file plays on your machine and upload it again.', retry: false },
  unsupported_media: { advice: 'Convert the file to MP4, MOV, WebM or MKV first.', retry: false },
  unsupported_codec: { advice: 'Choose another codec or output format.', retry: false },
  cannot_disarm: {
    advice: `Convert the file to ${rewrittenNames()} first, without what the message names, or leave out "disarm".`,
    retry: false,
  },
  no_video_stream: { advice: 'Choose an audio output format, or an input that has pictures.', retry: false },
  no_audio_stream: { advice: 'Choose a video output format, or an input that has sound.', retry: false },
  empty_media: { advice: 'The input has no duration; check the file or the trim options.', retry: false },
  too_many_streams: { advice: 'Remove streams that are not needed (64 is the limit).', retry: false },
  too_many_pixels: { advice: 'Scale the input down before sending it.', retry: false },
  too_long: { advice: 'Split the input, or trim it with -ss and -t.', retry: false },
  option_refused: { advice: 'Remove the option.', retry: false },
  encode_failed: { advice: 'Check the options against the input; the message is FFmpeg’s own.', retry: false },
  filter_failed: {
    advice: 'Check the filter against the input: sizes, formats, channels and labels. The message is FFmpeg’s own.',
    retry: false,
  },
  asset_invalid: {
    advice: 'Check the file that the filter or overlay names: SRT, WebVTT or ASS in UTF-8; .cube or .3dl; TTF or OTF.',
    retry: false,
  },
  output_invalid: { advice: 'FFmpeg ended well but its output cannot be read; check the options.', retry: false },
  source_unreachable: { advice: 'Check that the URL is public and answers.', retry: true },
  source_refused: { advice: 'Use a public https:// URL, or upload the file.', retry: false },
  source_not_found: { advice: 'Check the URL; the source answered that the file is not there.', retry: false },
  source_error: { advice: 'The source answered with an error; try again later.', retry: true },
  source_too_large: { advice: 'Send a smaller file.', retry: false },
  source_timeout: { advice: 'The source is too slow; upload the file instead.', retry: true },
  source_incomplete: { advice: 'The source ended before the length it had announced; try again.', retry: true },
  input_deleted: { advice: 'Upload the file again; its retention is over.', retry: false },
  limit_memory: { advice: 'Use a smaller resolution or a faster preset.', retry: false },
  limit_cpu: { advice: 'Use a shorter input, a smaller resolution or a faster preset.', retry: false },
  limit_time: { advice: 'Use a shorter input, a smaller resolution or a faster preset.', retry: false },
  limit_output: { advice: 'Lower the quality, the resolution or the duration.', retry: false },
  limit_processes: { advice: 'Use fewer threads or filters.', retry: false },
  sandbox_violation: { advice: 'The input made FFmpeg do what no transcode does; do not send it again.', retry: false },
  storage_quota: { advice: 'Erase jobs that you no longer need, then send this one again.', retry: false },
  storage_full: { advice: 'Try again later, or ask for a smaller output; the operator frees space.', retry: true },
  storage_unavailable: { advice: 'Try again later.', retry: true },
  worker_lost: { advice: 'The worker died several times on this job; try again later.', retry: true },
  internal: { advice: 'Try again; if it stays, tell the operator the job id.', retry: true },
} as const satisfies Record<string, { advice: string; retry: boolean }>;

export type FailureCode = keyof typeof failures;

/** A job's end other than success: thrown anywhere between claim and finish, becomes `error_code`/`error_message`. */
export class JobFailure extends Error {
  readonly code: FailureCode;
  /** Whether another attempt can heal it; by its code unless the thrower knows better. */
  readonly retry: boolean;
  constructor(code: FailureCode, message: string, options: { cause?: unknown; retry?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobFailure';
    this.code = code;
    this.retry = options.retry ?? failures[code].retry;
  }
}
