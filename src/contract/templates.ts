import * as z from 'zod';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { checkDestinations, type Destination } from './destinations.ts';
import { plainText, rule } from './faults/rule.ts';
import { listOf, nextField } from './lists.ts';
import { checkOutputs, isBody } from './output-request.ts';
import { TEMPLATE_NAME } from './template-reference.ts';
import { namesOutput, reusableFields } from './transcodes.ts';

/** Maximum number of templates of one account. */
export const MAX_TEMPLATES = 100;
/** Maximum number of versions of one template. Versions never change, so each change of a template adds one. */
export const MAX_TEMPLATE_VERSIONS = 50;
/**
 * Maximum number of versions that an account can save in 24 hours, including deleted versions, because the audit log keeps an entry for
 * each version.
 */
export const MAX_NEW_VERSIONS_A_DAY = 1000;
/** Maximum size in bytes of the `request` of a template as JSON. */
export const MAX_TEMPLATE_BYTES = 32 * 1024;

const name = z
  .string()
  .regex(
    TEMPLATE_NAME,
    rule(
      'is not a valid template name',
      'Use 1 to 63 lower-case letters, digits and hyphens, starting with a letter or a digit. Names that begin with "airlock/" are reserved',
    ),
  )
  .describe('Unique in the account. Names that begin with `airlock/` are reserved for built-in templates.');

/** The content of a template: the fields of a create, except the fields that belong to one job. */
export const templateRequest = z
  .object(reusableFields)
  .refine(namesOutput, { path: ['outputFormat'], when: isBody })
  .superRefine(checkOutputs)
  .superRefine(checkDestinations)
  .superRefine(rejectSignedUrls)
  .meta({
    id: 'TemplateContent',
    description:
      'Fields that a job gets from the template: the fields of a job, except `inputs`, `webhook_url` and `template`.',
  });
export type TemplateContent = z.infer<typeof templateRequest>;

interface WithDestination {
  destination?: Destination | undefined;
}

/** Rejects destinations with a signed URL, because such a URL is a secret and expires. */
function rejectSignedUrls(
  { destination, outputs = [] }: WithDestination & { outputs?: readonly WithDestination[] | undefined },
  context: z.RefinementCtx,
): void {
  const message = rule('cannot be part of a template', 'Send it with each job, or use a destination with s3');
  if (destination?.url !== undefined) context.addIssue({ code: 'custom', path: ['destination', 'url'], message });
  for (const [index, output] of outputs.entries()) {
    if (output.destination?.url === undefined) continue;
    context.addIssue({ code: 'custom', path: ['outputs', index, 'destination', 'url'], message });
  }
}

/** Fields of a create that a template cannot contain. */
export const FIELDS_OF_ONE_JOB = ['inputs', 'webhook_url', 'template'] as const;

const content = {
  request: templateRequest.describe(
    `Fields of a job, except \`inputs\`, \`webhook_url\` and \`template\`. At most ${MAX_TEMPLATE_BYTES} bytes as JSON. Options and filters cannot contain URLs.`,
  ),
  description: plainText(200).nullish().describe('A description for people.'),
};

export const createTemplateBody = z
  .object({ name, ...content })
  .meta({ id: 'CreateTemplateRequest', description: 'A template to create.' });
export type CreateTemplateBody = z.infer<typeof createTemplateBody>;

export const replaceTemplateBody = z
  .object(content)
  .meta({ id: 'ReplaceTemplateRequest', description: 'The next version of a template.' });
export type ReplaceTemplateBody = z.infer<typeof replaceTemplateBody>;

const templateSummary = z
  .object({
    name: z.string().describe('The name to send as `template` in a job.'),
    version: z.number().describe('The newest version.'),
    description: z.string().nullable().describe('A description for people.'),
    built_in: z.boolean().describe('Whether the template comes with Airlock. Built-in templates are read-only.'),
    created_at: timestamp.nullable().describe('When the template was created; null if it is built in.'),
    updated_at: timestamp.nullable().describe('When the newest version was saved; null if the template is built in.'),
  })
  .meta({ id: 'TemplateSummary', description: 'A template without its request.' });
export type TemplateSummary = z.infer<typeof templateSummary>;

export const template = templateSummary
  .extend({
    version: z.number().describe('The number of this version.'),
    // Differs from the schema of requests, which reads null as absent, because no response contains null here.
    request: z.record(z.string(), z.unknown()).describe('The fields that a job gets from this version.'),
    versions: z
      .array(
        z
          .object({
            version: z.number().describe('The number of the version, starting at 1.'),
            created_at: timestamp.nullable().describe('When the version was saved; null if the template is built in.'),
          })
          .meta({ id: 'TemplateVersion', description: 'A version of a template. It never changes.' }),
      )
      .describe('All versions, newest first.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Template', description: 'A version of a template with its request.' });
export type Template = z.infer<typeof template>;

/** By default, one page contains every template of an account. */
export const templatesQuery = listOf(200);

export const templateList = z
  .object({
    items: z.array(templateSummary).describe('Sorted by name; built-in templates come last.'),
    next: nextField,
    warnings: someWarnings,
  })
  .meta({ id: 'TemplateList', description: 'The templates of the account, and the built-in templates.' });

export const removedTemplate = z
  .object({ ...deletedFields('template'), warnings: someWarnings })
  .meta({ id: 'RemovedTemplate', description: 'A deleted template. Airlock has deleted all of its versions.' });
