import type { OpenAPI3 } from 'openapi-typescript';
import { createEventCatalog, type EventPayload } from '../../src/events/types.ts';
import type { ShownKind } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { JOB_EVENT_TEXTS, KIND_EVENT_TEXTS, SERVICE_EVENT_TEXTS } from './event-texts.ts';
import { code, heading, table } from './markdown.ts';

const ID = '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f';
const AT = '2026-05-22T14:30:45.000Z';

/** An example value for each field of the payloads. The generator checks the values against the schemas. */
const VALUES: Readonly<Record<string, unknown>> = {
  attempt: 1,
  children: 4,
  position: 0,
  format: 'mp4',
  error_code: 'source_not_found',
  reason: 'erased',
  step: 'render',
  upload_token_id: '019a1c5e-5c80-7f21-8e02-2b8e3f405d6c',
  key_id: '019a1c5e-4b7f-7d52-8a11-0f6c1d2e3b4a',
  successor_id: '019a1c5e-6c80-7e63-9b22-1a7d2e3f4c5b',
  webhook_id: '019a1c5e-8e10-7b4e-8c5f-6f1f6f0a9d21',
  ...{ total: 2, accepted: 2, refused: 0, completed: 1, failed: 1, canceled: 0 },
};
/** Example values that differ for one type, by the type or by its part after the dot. */
const OWN_VALUES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'webhook.disabled': { reason: 'gone' },
  retrying: { error_code: 'worker_lost' },
  delivery_failed: { error_code: 'destination_failed' },
};
/** The fields of `data` that identify the subject of an event. */
const SUBJECTS: Readonly<Record<string, object>> = {
  batch: { batch_id: '019a1c5e-9a31-7f10-b1c4-3d0e5f7a8b92' },
  upload: { upload_id: '019a1c5e-3a6e-7c41-9f00-9e5b0c1d2a3f' },
};
/** The fields that Airlock adds when it shows an event, by the part of the event's type after the dot. */
const ADDED: Readonly<Record<string, object>> = {
  queued: { position: 3, expected_start_at: '2026-05-22T14:31:10.000Z' },
  output_ready: { output: 'mp4' },
};
const FINAL = new Set(['completed', 'failed', 'canceled']);

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Examples = (schema: string) => any;

/** Returns `docs/events.md`: every type of event with its complete payload. */
export function eventsPage(document: OpenAPI3): string {
  const shown = [...kinds.values()].filter((kind) => kind.events !== null && kind.shown !== null);
  const catalog = createEventCatalog(shown.map(({ events }) => events!));
  const nouns = new Map(shown.map((kind) => [kind.events!.prefix, (kind.shown as ShownKind).nouns]));
  const examples = examplesOf(document);
  const types = [...catalog].map(([type, schema]) => ({ type, schema, text: textOf(type, nouns) }));
  const sections = types.map(({ type, schema, text }) => {
    const isJob = nouns.has(type.split('.')[0]!);
    return `### ${type}\n\n${wrap(text)}\n\n${json(exampleOf(type, schema, isJob, examples))}\n`;
  });
  const rows = types.map(({ type, text }) => [
    `[${code(type)}](#${type.replace('.', '')})`,
    text.split(/(?<=\.) /)[0]!,
  ]);
  return `${heading('Events', 'src/events/types.ts, the kinds of jobs, and the OpenAPI document')}
An event reports something that happened in your account. You can read events with [\`GET /v1/events\`](api/events.md), stream them, or
receive them at a [webhook](webhooks.md). [The quickstart](webhooks-quickstart.md) shows a receiver.

${table(['Type', 'Recorded when'], rows)}

## Fields

The examples on this page are bodies of webhook deliveries. Pages of \`GET /v1/events\` contain the same fields, with \`created_at\` instead of
\`timestamp\`. Streams send the type as \`event\`, and \`created_at\` together with the fields of \`data\`.

| Field | Meaning |
| --- | --- |
| \`id\` | Identifies the event. Pass it as \`?after=\` to read the events that followed |
| \`type\` | One of the types on this page. Ignore types that you don't know: later releases may add some |
| \`timestamp\` | When the event happened |
| \`data\` | The ID of the job, batch, upload, token, key or webhook, and the fields of the type. Later releases may add fields |

- Airlock stores only IDs, numbers and words from fixed lists in an event. Only \`data.job\`, \`data.batch\` and \`data.output\`, which Airlock adds when
  it sends or shows the event, can contain your texts.
- \`data.job\` and \`data.batch\` show the state of the job or batch at the time when Airlock sends the event or you read it. They don't contain
  erased data.
- \`data.position\` and \`data.expected_start_at\` of \`queued\` are \`null\` if the job no longer waits at that time.
- Streams also contain progress events, such as \`transcode.progress\`, at most once a second for each job. A progress event has \`progress\`, \`fps\`,
  \`speed\` and \`eta_seconds\`. It has no \`id\`, and Airlock doesn't keep it.

## Types

${sections.join('\n')}`;
}

const LINE = 140;

/** Breaks a paragraph into lines of at most LINE characters. */
function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= LINE) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}

function textOf(type: string, nouns: ReadonlyMap<string, { one: string }>): string {
  const [prefix = '', suffix = ''] = type.split('.');
  const noun = nouns.get(prefix);
  const ofJob = (JOB_EVENT_TEXTS as Record<string, string>)[suffix];
  const text =
    KIND_EVENT_TEXTS[type] ??
    (noun ? ofJob?.replaceAll('{one}', noun.one) : (SERVICE_EVENT_TEXTS as Record<string, string>)[type]);
  if (!text) throw new Error(`scripts/docs/event-texts.ts does not describe ${type}.`);
  return text;
}

function exampleOf(type: string, schema: PayloadSchema, isJob: boolean, examples: Examples): object {
  const [prefix = '', suffix = ''] = type.split('.');
  const { v: _, ...payload } = payloadOf(type, schema);
  const data = {
    ...(isJob ? { job_id: ID } : SUBJECTS[prefix]),
    ...payload,
    ...(isJob && ADDED[suffix]),
    ...(isJob && FINAL.has(suffix) && { job: jobOf(prefix, suffix, examples) }),
    ...(prefix === 'batch' && { batch: batchOf(examples) }),
  };
  return { id: 'MTA0My4yMDQ', type, timestamp: AT, data };
}

function batchOf(examples: Examples): object {
  const { total, accepted, refused, completed, failed, canceled } = VALUES;
  const batch = { ...examples('BatchList').items[0], status: 'completed', total, accepted, refused, completed_at: AT };
  return { ...batch, jobs: { pending: 0, processing: 0, completed, failed, canceled } };
}

interface PayloadSchema {
  shape?: Readonly<Record<string, unknown>>;
  parse(value: unknown): EventPayload;
}

/** Returns the example payload of a type. Throws if a field has no example, or if the schema rejects the example. */
function payloadOf(type: string, schema: PayloadSchema): EventPayload {
  const fields = Object.keys(schema.shape ?? {}).filter((name) => name !== 'v');
  const values = { ...VALUES, ...OWN_VALUES[type.split('.')[1] ?? ''], ...OWN_VALUES[type] };
  return schema.parse({ v: 1, ...Object.fromEntries(fields.map((name) => [name, values[name]])) });
}

const LISTS: Readonly<Record<string, string>> = {
  transcode: 'JobList',
  transcription: 'TranscriptionJobList',
  blueprint: 'BlueprintRunJobList',
};
const STARTED_AT = '2026-05-22T14:30:46.000Z';
const ENDED_AT = '2026-05-22T14:31:07.000Z';
const EXPIRES_AT = '2026-05-23T14:31:07.000Z';
const FAILED = {
  error_code: VALUES.error_code,
  error_message: 'Input 1: The source responded with 404.',
  error_advice: 'Check the URL: its server does not have the file.',
};

/**
 * Returns the example of a job in a list, in the state that the event reports. The job has only the fields that the example of the list
 * has.
 */
function jobOf(prefix: string, status: string, examples: Examples): object {
  const job = examples(LISTS[prefix]!).items[0] as Record<string, unknown>;
  const isCompleted = status === 'completed';
  const outputs = prefix === 'transcode' ? examples('SignedManifest').manifest.outputs : job.outputs;
  const ended: Record<string, unknown> = {
    ...{ id: ID, jobId: ID, status, queue_position: null, attempts: 1, progress: isCompleted ? 1 : 0 },
    ...{ created_at: AT, updated_at: ENDED_AT, started_at: STARTED_AT, completed_at: ENDED_AT },
    ...(isCompleted && { outputs, output_url: job.output_url ?? OUTPUT_URL, expires_at: EXPIRES_AT }),
    ...(!isCompleted && { outputs: [], output_url: null, expires_at: null }),
    ...(status === 'failed' && FAILED),
    step: isCompleted ? 'done' : 'render',
  };
  return Object.fromEntries(Object.entries(job).map(([name, value]) => [name, name in ended ? ended[name] : value]));
}

const OUTPUT_URL = `gs://airlock/outputs/${ID}.mp4`;

/** Returns a function that returns the example of a schema by its name. Only schemas of requests and responses have examples. */
function examplesOf(document: OpenAPI3): Examples {
  const found = new Map<string, unknown>();
  JSON.stringify(document.paths, (_, value) => {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(value?.schema?.$ref)?.[1];
    if (name && value.example !== undefined) found.set(name, value.example);
    return value;
  });
  return (schema) => {
    const example = found.get(schema);
    if (example === undefined) throw new Error(`The OpenAPI document has no example of ${schema}.`);
    return example;
  };
}

function json(value: object): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}
