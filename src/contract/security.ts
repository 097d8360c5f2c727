import { z } from 'zod';
import { someWarnings, timestamp } from './common.ts';

/** What an operator, or whoever trusts his files to one, can check (`GET /v1/security`). */
export const securityAnswer = z
  .object({
    sandbox: z.array(
      z.object({
        worker: z.string(),
        tier: z.enum(['bwrap', 'landlock', 'gvisor', 'none']).meta({
          description: 'How FFmpeg is confined; `none` means not at all.',
        }),
        bounds: z
          .object({
            memory: z.enum(['control_group', 'address_space']),
            output: z.enum(['kernel', 'watched']).meta({
              description:
                '`kernel`: a job can write nothing but its output, to the byte of its limit; `watched`: only what the output holds is looked at.',
            }),
          })
          .meta({ description: 'What bounds the memory and the disk of a job.' }),
        arguments: z.enum(['hidden', 'visible']).meta({
          description:
            'Whether other accounts of the worker’s machine can read tags and filters on the command line of FFmpeg, as they can before FFmpeg 7.',
        }),
        passed: z.boolean().nullable().meta({ description: 'The last self-test; null while the first is running.' }),
        checks: z.number().meta({ description: 'Attempts that the self-test made.' }),
        exceptions: z
          .array(z.string())
          .meta({ description: 'Attempts that the tier does not promise to refuse, and did not.' }),
        at: timestamp.nullable(),
      }),
    ),
    ffmpeg: z.object({
      version: z.string().nullable(),
      package: z.string().nullable().meta({ description: 'Version of the distribution’s package.' }),
      since: timestamp.nullable().meta({ description: 'Since when new jobs get this build.' }),
      update: z
        .object({
          state: z
            .enum(['current', 'newer', 'unknown'])
            .meta({ description: '`newer`: the distribution has a newer package. `unknown` never means current.' }),
          candidate: z.string().nullable(),
          security: z.boolean().meta({ description: 'The candidate comes from the security archive.' }),
          lists_from: timestamp.nullable().meta({ description: 'Age of the package lists that were asked.' }),
          reason: z.string().nullable(),
        })
        .nullable(),
      advisories: z
        .object({
          table: z.iso.date().meta({ description: 'Day of the bundled table.' }),
          open: z.array(z.object({ cve: z.string(), what: z.string() })),
          fixed: z.array(z.string()),
          unknown: z.array(z.string()),
        })
        .nullable()
        .meta({ description: 'Known vulnerabilities of this build, as far as the bundled table goes.' }),
    }),
    warnings: someWarnings,
  })
  .meta({ id: 'Security' });

export type Security = z.infer<typeof securityAnswer>;
