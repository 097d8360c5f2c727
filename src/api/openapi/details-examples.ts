import type { JobDetails } from '../../contract/job-details.ts';
import { AT, LATER } from './example-values.ts';
import { PROBED } from './probe-examples.ts';

/** A command of an attempt. */
export const COMMAND: JobDetails['attempts'][number]['commands'][number] = {
  program: 'ffmpeg',
  version: 'ffmpeg version 7.1.3',
  package: '7:7.1.3-0+deb13u1',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  end: 'exit',
  exit_code: 0,
  cpu_ms: 41_000,
  max_rss_bytes: 209_715_200,
};

const details: JobDetails = {
  request: {
    inputs: [{ url: 'https://example.org/talk.mp4' }],
    outputFormat: 'mp4',
    preset: { quality: 'high', resolution: '720p' },
  },
  command: ['ffmpeg', '-i', '/in/0', '/out/output.mp4'],
  further_commands: [],
  inputs: [PROBED],
  attempts: [
    {
      number: 1,
      state: 'completed',
      started_at: AT,
      ended_at: LATER,
      error_code: null,
      exit_code: 0,
      signal: null,
      cpu_ms: 41_000,
      max_rss_bytes: 209_715_200,
      tier: 'bwrap',
      ffmpeg_version: '7.1.3',
      commands: [COMMAND],
      log: null,
    },
  ],
};

/** Examples of the details of a job, by the name of their schema. */
export const DETAILS_EXAMPLES: Readonly<Record<string, unknown>> = { JobDetails: details };
