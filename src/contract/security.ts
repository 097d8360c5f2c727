import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';

const workerSandbox = z
  .object({
    worker: z.string().describe('The id of the worker.'),
    tier: z.enum(['bwrap', 'landlock', 'gvisor', 'none']).describe('How FFmpeg is confined; `none` means not at all.'),
    bounds: z
      .object({
        memory: z.enum(['control_group', 'address_space']).describe('What bounds the memory of a job.'),
        output: z
          .enum(['kernel', 'watched'])
          .describe(
            '`kernel`: a job can write nothing but its output, to the byte of its limit; `watched`: the size of the output is checked from time to time.',
          ),
      })
      .describe('What bounds the memory and the disk of a job.'),
    arguments: z
      .enum(['hidden', 'visible'])
      .describe(
        'Whether other accounts of the worker’s machine can read tags and filters on the command line of FFmpeg, as they can before FFmpeg 7.',
      ),
    passed: z.boolean().nullable().describe('The last self-test; null while the first is running.'),
    checks: z.number().describe('Number of attempts in the self-test.'),
    exceptions: z
      .array(z.string())
      .describe(
        'Attempts of the self-test whose result is unexpected, but allowed in this tier. Examples are an attack that the tier does not guarantee to stop, and a missing /dev/urandom in the cell, which is harmless.',
      ),
    at: timestamp.nullable().describe('When the last self-test ended.'),
  })
  .meta({ id: 'WorkerSandbox', description: 'How a worker confines FFmpeg.' });

const ffmpegUpdate = z
  .object({
    state: z
      .enum(['current', 'newer', 'unknown'])
      .describe('`newer`: the distribution has a newer package. `unknown` never means current.'),
    candidate: z.string().nullable().describe('The version that the distribution would install.'),
    security: z.boolean().describe('The candidate comes from the security archive.'),
    lists_from: timestamp.nullable().describe('Date of the package lists used.'),
    reason: z.string().nullable().describe('Why the state is unknown.'),
  })
  .meta({ id: 'FfmpegUpdate', description: 'Whether the distribution has a newer FFmpeg.' });

const advisory = z
  .object({ cve: z.string().describe('The CVE number.'), what: z.string().describe('A short description.') })
  .meta({ id: 'Advisory', description: 'A known vulnerability.' });

const advisories = z
  .object({
    table: z.iso.date().describe('Date of the bundled table.'),
    open: z.array(advisory).describe('Vulnerabilities of this build.'),
    fixed: z.array(z.string()).describe('Vulnerabilities that this build does not have.'),
    unknown: z.array(z.string()).describe('Vulnerabilities for which this is unknown.'),
  })
  .meta({ id: 'Advisories', description: 'Known vulnerabilities of this build, according to the bundled table.' });

const trimmedFfmpeg = z
  .object({
    state: z
      .enum(['in_use', 'ready', 'not_used'])
      .describe('`ready`: the build passed every check. Airlock switches to it when no job runs.'),
    source: z.string().nullable().describe('Version of the distribution’s source package from which Airlock built it.'),
    checked_at: timestamp.nullable().describe('When the build passed the checks.'),
    attacks: z.number().nullable().describe('Number of attacks that the sandbox blocked with the build.'),
    comparisons: z
      .number()
      .nullable()
      .describe('Number of commands with the same results as with the FFmpeg of the distribution.'),
    reason: z
      .enum(['off', 'operator_build', 'not_built', 'failed', 'rejected'])
      .nullable()
      .describe(
        'Why jobs don’t use it. `off`: a setting of the server turns it off. `operator_build`: the operator chose another FFmpeg. `not_built`: Airlock has not built it yet. `failed`: Airlock retries a day later. `rejected`: the build failed, or it differs from the FFmpeg of the distribution.',
      ),
  })
  .meta({ id: 'TrimmedFfmpeg', description: 'The trimmed FFmpeg that Airlock builds.' });

/** The security properties that an operator and the service's clients can check (`GET /v1/security`). */
export const securityAnswer = z
  .object({
    sandbox: z.array(workerSandbox).describe('One entry per active worker.'),
    ffmpeg: z
      .object({
        version: z.string().nullable().describe('As FFmpeg reports it.'),
        package: z.string().nullable().describe('Version of the distribution’s package.'),
        since: timestamp.nullable().describe('When new jobs began to use this build.'),
        update: ffmpegUpdate.nullable().describe('Whether there is a newer one; null when this was not checked.'),
        advisories: advisories.nullable().describe('Its known vulnerabilities; null if its version is unknown.'),
        trimmed: trimmedFfmpeg.nullable().describe('The trimmed FFmpeg of the worker; null if this was not checked.'),
      })
      .describe('The build that new jobs use.'),
    retention_seconds: z
      .number()
      .describe('Seconds for which outputs are kept, unless the account or the job sets a shorter time.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Security', description: 'How FFmpeg is confined, and which build runs.' });

export type Security = z.infer<typeof securityAnswer>;
