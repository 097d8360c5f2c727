export interface ErrorKind {
  status: number;
  text: string;
  /** Beginning of `message`. Replaces `text`, which is fixed for older clients but wrong on some servers. */
  heading?: string;
  advice: string;
}

/** Errors about existing jobs and their outputs. */
export const JOB_ERRORS = {
  cancel_final: {
    status: 400,
    text: 'Cannot cancel job in status: {status}',
    advice: 'You can cancel only pending and processing jobs.',
  },
  batch_final: {
    status: 409,
    text: 'Cannot cancel batch in status: {status}',
    advice: 'All jobs of the batch are final. Read their results with GET /v1/batches/{id}.',
  },
  transcode_not_completed: { status: 400, text: 'Transcode not completed', advice: 'Wait until status is completed.' },
  transcribe_not_completed: {
    status: 400,
    text: 'Transcribe not completed',
    advice: 'Wait until status is completed.',
  },
  transcode_failed: {
    status: 409,
    text: 'The transcode failed',
    advice:
      'Fix the cause that details.error_code names, then create a new job. You can download the outputs that completed.',
  },
  transcode_canceled: {
    status: 409,
    text: 'The transcode was canceled',
    advice: 'The job has no output. Create a new job.',
  },
  no_output: {
    status: 400,
    text: 'No output available for this transcode',
    advice: 'Only completed jobs have an output.',
  },
  output_deleted: { status: 410, text: 'Output has been deleted', advice: 'Create the job again.' },
  output_damaged: {
    status: 500,
    text: 'Output was changed in storage',
    advice: 'Create the job again, and report the job id to the operator.',
  },
  delivery_in_progress: {
    status: 409,
    text: 'The output is being delivered',
    advice: 'Wait until outputs[].destination.status is delivered or failed.',
  },
  retry_not_possible: {
    status: 409,
    text: 'The job cannot be retried',
    advice: 'Create a new job with POST /v1/transcodes. details.field and details.reason state what is missing.',
  },
  playback_ended: {
    status: 410,
    text: 'Playback has ended',
    advice: 'The URLs have expired, or the output was deleted. Create new URLs with POST /v1/transcodes/{id}/playback.',
  },
  run_not_awaiting_review: {
    status: 409,
    text: 'The run is not awaiting a review',
    advice: 'You can continue a run only once, while its status is awaiting_review. Get the run to see its status.',
  },
  generative_not_available: {
    status: 501,
    text: 'This blueprint needs a generative model, and Airlock has none',
    advice: 'Use another blueprint from the list of GET /v1/blueprints.',
  },
  archive_not_ready: {
    status: 503,
    text: 'Archive is not ready yet',
    advice: 'Retry after the number of seconds in Retry-After, or download the files one by one.',
  },
  job_not_completed: {
    status: 409,
    text: 'The {noun} is not completed',
    advice: 'Wait until its status is completed.',
  },
  job_failed: {
    status: 409,
    text: 'The {noun} failed',
    advice:
      'Fix the cause that details.error_code names, then create it again. You can download the outputs that completed.',
  },
  job_canceled: { status: 409, text: 'The {noun} was canceled', advice: 'It has no output. Create it again.' },
  job_without_output: {
    status: 409,
    text: 'The {noun} has no output',
    advice: 'Only jobs that create an output can be downloaded.',
  },
  receipt_not_ready: {
    status: 409,
    text: 'This job has not been deleted yet',
    advice: 'Erase the job with DELETE, or wait until its retention ends.',
  },
} as const satisfies Record<string, ErrorKind>;
