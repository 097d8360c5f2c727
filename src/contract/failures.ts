import { rewrittenNames } from './containers.ts';

/**
 * Every `error_code` of a failed job, declared once. `advice` is the remedy for people. `retry` is true if another attempt can help, for
 * example after a dead worker or a 5xx response of the storage or of a source. It is false for bad media, rejected options and exceeded
 * limits. `blamesFile` marks the failures that a file causes wherever and whenever it is read. Only such a failure rejects an upload: a
 * limit of a cell, an outage or a failure of Airlock may not occur again.
 */
export const failures = {
  invalid_media: {
    advice: 'Check that the file plays on your machine and upload it again.',
    retry: false,
    blamesFile: true,
  },
  unsupported_media: { advice: 'Convert the file to MP4, MOV, WebM or MKV first.', retry: false, blamesFile: true },
  unsupported_codec: { advice: 'Choose another codec or output format.', retry: false, blamesFile: true },
  cannot_disarm: {
    advice: `Convert the file to ${rewrittenNames()} first, without the part that the message names, or omit "disarm".`,
    retry: false,
    blamesFile: true,
  },
  no_video_stream: { advice: 'Choose an audio output format, or an input with video.', retry: false, blamesFile: true },
  no_audio_stream: { advice: 'Choose a video output format, or an input with audio.', retry: false, blamesFile: true },
  empty_media: {
    advice: 'Check the file and the trim options: nothing is left to encode.',
    retry: false,
    blamesFile: true,
  },
  too_many_streams: {
    advice: 'Remove streams that you do not need from the file. The limit is 64 streams.',
    retry: false,
    blamesFile: true,
  },
  too_many_pixels: { advice: 'Scale the input down before sending it.', retry: false, blamesFile: true },
  too_long: {
    advice:
      'Split the input into shorter files before you send it. If the job joins several inputs, you can also trim them with -ss and -t.',
    retry: false,
    blamesFile: true,
  },
  option_refused: { advice: 'Remove the option that the message names.', retry: false },
  encode_failed: {
    advice: 'Check the options against the input. The message usually comes from FFmpeg.',
    retry: false,
  },
  filter_failed: {
    advice:
      'Check the filter against the input: sizes, formats, channels and labels. The message usually comes from FFmpeg.',
    retry: false,
  },
  asset_invalid: {
    advice: 'Check the file that the filter or overlay names: SRT, WebVTT or ASS in UTF-8, .cube or .3dl, TTF or OTF.',
    retry: false,
  },
  output_invalid: {
    advice: 'Check the options: FFmpeg exited normally, but Airlock cannot read its output.',
    retry: false,
  },
  source_unreachable: { advice: 'Check that the URL is public and that its server responds.', retry: true },
  source_refused: { advice: 'Use a public https:// URL, or upload the file.', retry: false },
  source_not_found: { advice: 'Check the URL: its server does not have the file.', retry: false },
  source_error: { advice: 'Try again later: the source returned an error.', retry: true },
  source_too_large: { advice: 'Send a smaller file.', retry: false },
  source_no_ranges: {
    advice: 'Upload the file, or serve it with support for ranges and a strong ETag, or with its index first.',
    retry: false,
  },
  source_timeout: { advice: 'Upload the file instead: the source is too slow.', retry: true },
  source_incomplete: { advice: 'Try again: the source sent fewer or more bytes than it announced.', retry: true },
  connection_not_found: { advice: 'Create the connection again, then create the job again.', retry: false },
  input_deleted: { advice: 'Upload the file again: it has been deleted.', retry: false },
  upload_missing: {
    advice: 'Create the job again, and send the bytes to its upload URL before it expires.',
    retry: false,
  },
  upload_rejected: {
    advice: 'Create the job again with a media file whose content has the declared type. The upload was deleted.',
    retry: false,
  },
  limit_memory: { advice: 'Use a smaller resolution or a faster preset.', retry: false },
  limit_cpu: { advice: 'Use a shorter input, a smaller resolution or a faster preset.', retry: false },
  limit_time: { advice: 'Use a shorter input, a smaller resolution or a faster preset.', retry: false },
  limit_output: { advice: 'Lower the quality, the resolution or the duration.', retry: false },
  limit_processes: { advice: 'Use fewer threads or filters.', retry: false },
  sandbox_violation: {
    advice: 'Do not send this input again: it made FFmpeg attempt a forbidden call.',
    retry: false,
    blamesFile: true,
  },
  storage_quota: { advice: 'Erase jobs that you no longer need, then create the job again.', retry: false },
  storage_full: { advice: 'Try again later, or request a smaller output.', retry: true },
  storage_unavailable: { advice: 'Try again later.', retry: true },
  review_expired: {
    advice: 'Create a new run, and continue it within AIRLOCK_REVIEW_WAIT.',
    retry: false,
  },
  transcription_failed: {
    advice: 'Try again. If it fails again, report the job id to the operator.',
    retry: false,
  },
  worker_lost: { advice: 'Try again later: the worker died several times on this job.', retry: true },
  internal: { advice: 'Try again. If it fails again, report the job id to the operator.', retry: true },
} as const satisfies Record<string, { advice: string; retry: boolean; blamesFile?: true }>;

export type FailureCode = keyof typeof failures;

export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(failures, text);
}

/** Whether the file that was read caused the failure. */
export function blamesFile(code: FailureCode): boolean {
  return 'blamesFile' in failures[code];
}

/**
 * An error that fails a job. Any code between the claim and the finish of a job may throw it. The job then has its code and message as
 * `error_code` and `error_message`.
 */
export class JobFailure extends Error {
  readonly code: FailureCode;
  /** Whether another attempt can help. Defaults to the value of the code. */
  readonly retry: boolean;
  constructor(code: FailureCode, message: string, options: { cause?: unknown; retry?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobFailure';
    this.code = code;
    this.retry = options.retry ?? failures[code].retry;
  }
}
