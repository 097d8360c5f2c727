import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { probeResult } from './probe.ts';

/** A command that an attempt ran, in the details of a job and in its manifest. */
export const attemptCommand = z
  .object({
    program: z.string().describe('The program, such as `ffmpeg`.'),
    version: z.string().nullable().describe('The build that ran, as the program reports it.'),
    package: z
      .string()
      .nullable()
      .describe('Version of the distribution’s package; null if the program is not from a package.'),
    sha256: z.string().describe('SHA-256 of the program and its arguments.'),
    end: z.string().describe('How its cell ended: `exit`, a limit, or why it was stopped.'),
    exit_code: z.number().nullable().describe('Exit code; null if it did not exit.'),
    cpu_ms: z.number().describe('Processor time, milliseconds.'),
    max_rss_bytes: z.number().describe('Peak memory in bytes.'),
  })
  .meta({ id: 'AttemptCommand', description: 'One command of an attempt.' });

const attempt = z
  .object({
    number: z.number().describe('From 1.'),
    state: z
      .enum(['running', 'completed', 'failed', 'canceled', 'lost', 'released'])
      .describe('`lost`: its worker died. `released`: the job returned to the queue, and the attempt does not count.'),
    started_at: timestamp.describe('When it began.'),
    ended_at: timestamp.nullable().describe('When it ended; null while it runs.'),
    error_code: z.string().nullable().describe('Why it failed; null unless it failed.'),
    exit_code: z.number().nullable().describe('Exit code of FFmpeg; null if it did not exit.'),
    signal: z.string().nullable().describe('The signal that ended FFmpeg; null if none did.'),
    cpu_ms: z.number().nullable().describe('Processor time, milliseconds.'),
    max_rss_bytes: z.number().nullable().describe('Peak memory in bytes.'),
    tier: z.string().describe('How FFmpeg was confined.'),
    ffmpeg_version: z.string().nullable().describe('The build that ran, as FFmpeg reports it.'),
    commands: z.array(attemptCommand).describe('Every command that ran, in the order in which the commands ended.'),
    log: z
      .string()
      .nullable()
      .describe(
        'The last 8 kB that FFmpeg wrote, without paths and URLs; null if it wrote nothing, or the job is erased.',
      ),
  })
  .meta({ id: 'Attempt', description: 'An attempt at a job.' });

/** The properties of a job that its list and its result do not contain (`GET /v1/transcodes/{id}/details`). */
export const jobDetails = z
  .object({
    request: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('The body that creates the same job again, without the queries of URLs. Null once the job is erased.'),
    command: z
      .array(z.string())
      .nullable()
      .describe('Program and arguments that made the output; null until the job is completed, and once it is erased.'),
    further_commands: z
      .array(z.array(z.string()))
      .describe('The other commands of a job whose outputs do not share one decode.'),
    inputs: z
      .array(probeResult.nullable().meta({ description: 'Null before it has been probed, and for subtitles.' }))
      .describe('What the sources contain, in the order of the request.'),
    attempts: z.array(attempt).describe('The attempts, oldest first.'),
    warnings: someWarnings,
  })
  .meta({ id: 'JobDetails', description: 'How a job was requested, and how it ran.' });

export type JobDetails = z.infer<typeof jobDetails>;
