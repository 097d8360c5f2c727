import * as z from 'zod';
import { JOB_STATUSES, someWarnings, timestamp } from './common.ts';
import { failureCode } from './outputs.ts';
import { retryField } from './retry.ts';
import { metadataField, retentionField, webhookUrlField } from './transcodes.ts';

/** Status of a run that waits until a person continues it. */
export const AWAITING_REVIEW = 'awaiting_review';

/** The current step of a run, or its last step if it has ended. */
export const RUN_STEPS = ['queued', 'probe', 'transcribe', 'review', 'render', 'done'] as const;
export type RunStep = (typeof RUN_STEPS)[number];

/** Maximum length of reviewed subtitles in characters. A request has at most 1 MiB. */
export const MAX_SRT = 1_000_000;

const runStatus = z
  .enum([...JOB_STATUSES, AWAITING_REVIEW])
  .describe(
    'State of the run. `completed`, `failed` and `canceled` are final. An `awaiting_review` run waits until you continue it.',
  );

const common = {
  id: z.uuid().describe('The id of the run.'),
  blueprint: z.string().describe('The slug of its blueprint.'),
  status: runStatus,
  step: z
    .enum(RUN_STEPS)
    .describe(
      'The current step, or the last step of a run that has ended. `probe` reads the inputs, `transcribe` transcribes the speech, `review` waits for reviewed subtitles, and `render` makes the outputs.',
    ),
  inputs: z
    .array(
      z
        .object({
          url: z.string().nullable().describe('As it was sent, without its query; null once the run has been erased.'),
        })
        .meta({ id: 'BlueprintRunMedia', description: 'A file that a run reads.' }),
    )
    .describe('The files of the run, in the order of the inputs of its blueprint.'),
  error_message: z.string().nullable().describe('One sentence for people; null unless the run failed.'),
  error_code: failureCode.nullable().describe('Why the run failed, for programs; null unless it failed.'),
  error_advice: z.string().nullable().describe('How to fix it; null unless the run failed.'),
  retry: retryField,
  tokens_charged: z.literal(0).describe('Always 0: Airlock charges no tokens.'),
  tokens_spent: z.literal(0).describe('Always 0: Airlock charges no tokens.'),
  metadata: z
    .object({ user: z.record(z.string(), z.unknown()).nullable().describe('The `metadata` of the request.') })
    .describe('Your own data.'),
  created_at: timestamp.describe('When Airlock accepted the run.'),
  completed_at: timestamp.nullable().describe('When the run became final.'),
  expires_at: timestamp.nullable().describe('When its outputs are deleted.'),
};

export const blueprintRunItem = z
  .object(common)
  .meta({ id: 'BlueprintRunItem', description: 'A run of a blueprint in a list, without its outputs and subtitles.' });
export type BlueprintRunItem = z.infer<typeof blueprintRunItem>;

export const blueprintRun = z
  .object({
    ...common,
    output_url: z
      .string()
      .nullable()
      .describe('A link to the first output. It expires after ten minutes. Null if the run has no output.'),
    outputs: z
      .array(
        z
          .object({
            label: z.string().describe('The label of the output in the blueprint.'),
            url: z.string().describe('A link to the output. It expires after ten minutes.'),
          })
          .meta({ id: 'BlueprintRunOutput', description: 'An output of a run.' }),
      )
      .describe('The complete outputs. Empty until the run ends, and after its outputs are deleted.'),
    srt_text: z
      .string()
      .nullable()
      .describe(
        'The subtitles to review, or the reviewed subtitles, as SRT. Null for blueprints without captions, and after the run is erased.',
      ),
  })
  .meta({ id: 'BlueprintRun', description: 'A run of a blueprint.' });
export type BlueprintRun = z.infer<typeof blueprintRun>;

export const createdRun = blueprintRun
  .partial()
  .required({ id: true, status: true, blueprint: true, tokens_charged: true })
  .extend({ warnings: someWarnings })
  .meta({
    id: 'CreatedBlueprintRun',
    description: 'An accepted run. The response to a request with `wait` also contains all other fields of the run.',
  });
export type CreatedRun = z.infer<typeof createdRun>;

/** Fields of the body of a run in addition to the inputs of its blueprint. */
export const runFields = {
  webhook_url: webhookUrlField,
  retention_seconds: retentionField,
  metadata: metadataField,
};

export const runBody = z.looseObject(runFields).meta({
  id: 'BlueprintRunRequest',
  description:
    'The inputs of the blueprint as top-level fields. `GET /v1/blueprints` describes the inputs of each blueprint as a JSON Schema.',
});

export const continueBody = z
  .object({
    srt_text: z
      .string()
      .max(MAX_SRT)
      .describe('The reviewed subtitles as SRT: numbered cues with times and plain text.'),
  })
  .meta({ id: 'ContinueBlueprintRun', description: 'Reviewed subtitles.' });

/** A link to the source of a run, for people who review its captions. */
export const sourceAnswer = z
  .object({
    url: z
      .string()
      .nullable()
      .describe('A link to the video. It expires after ten minutes. Null if the video was not uploaded.'),
    warnings: someWarnings,
  })
  .meta({ id: 'BlueprintRunSource', description: 'The video whose captions await a review.' });

const blueprintOutput = z
  .object({
    label: z.string().describe('The label of the output in `outputs` of a run.'),
    format: z.string().describe('The format of the output, such as `mp4`.'),
  })
  .meta({ id: 'BlueprintOutput', description: 'An output that a blueprint makes.' });

export const blueprintList = z
  .object({
    items: z
      .array(
        z
          .object({
            slug: z.string().describe('The name of the blueprint in `POST /v1/blueprints/{slug}/runs`.'),
            title: z.string().describe('The name of the blueprint for people.'),
            description: z.string().describe('What the blueprint makes.'),
            inputs: z
              .record(z.string(), z.unknown())
              .describe(
                'A JSON Schema (2020-12) of the body of a run. An input that is a file has the property `x-media`: `video`, `image` or `audio`.',
              ),
            outputs: z.array(blueprintOutput).describe('Every output that the blueprint can make.'),
            available: z.boolean().describe('Whether this server can run the blueprint.'),
          })
          .meta({ id: 'Blueprint', description: 'A ready-made recipe for a video.' }),
      )
      .describe('Every blueprint, in a fixed order.'),
    warnings: someWarnings,
  })
  .meta({ id: 'BlueprintList', description: 'The blueprints of this server.' });
export type BlueprintInfo = z.infer<typeof blueprintList>['items'][number];
