import { type Airlock, isFinal, type Job, type Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { connect } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { withJob } from '../job-ids.ts';
import { reportJob } from '../job-report.ts';
import { followTable, printList, write } from '../printing.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { byteText, clock, stages } from '../stages.ts';
import { out } from '../style.ts';
import { type Column, facts, table } from '../table.ts';
import { ago, moment } from '../times.ts';

interface Common {
  json?: boolean;
  account?: string;
}

type Item = Schemas['JobListItem'];
export interface ListOptions extends Common {
  status?: Job['status'];
  limit?: string;
  page?: string;
  since?: string;
  until?: string;
  watch?: boolean;
}

const PAINT: Readonly<Record<Job['status'], keyof typeof out>> = {
  pending: 'dim',
  processing: 'yellow',
  completed: 'green',
  failed: 'red',
  canceled: 'dim',
};

/** Returns the formats of all outputs, each once. */
function formatsText({ output_format, outputs }: Pick<Item, 'output_format' | 'outputs'>): string {
  return outputs.length > 1 ? [...new Set(outputs.map(({ format }) => format))].join(', ') : output_format;
}

const COLUMNS: readonly Column<Item>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'status', value: ({ status }) => status, paint: (cell, { status }) => out[PAINT[status]](cell) },
  { title: 'done', value: progressText, right: true, drop: 2 },
  { title: 'to', value: formatsText, drop: 3 },
  { title: 'created', value: ({ created_at }) => ago(created_at), right: true, drop: 1 },
  { title: 'took', value: tookText, right: true, drop: 4 },
  { title: 'input or error', value: subjectOf, least: 16, drop: 0 },
];

export async function listJobsCommand(config: Config, options: ListOptions): Promise<number> {
  const { status, since, until, limit, page, account } = options;
  const query = { status, since, until, ...(limit && { limit: Number(limit) }), ...(page && { page: Number(page) }) };
  return connect(config, { scopes: ['read'], account }, async ({ airlock, signal }) => {
    const load = () => airlock.request<Schemas['JobList']>('GET', '/v1/transcodes', { query, signal });
    if (options.watch && !options.json) {
      const text = async () => listText(await load(), options);
      return followTable(airlock, text, signal);
    }
    const list = await load();
    if (options.json) write(JSON.stringify(list));
    else
      printList(
        listText(list, options),
        list.items.length,
        'No jobs. ./airlock transcode and POST /v1/transcodes create them.',
      );
    return EXIT.ok;
  });
}

function listText({ items, page, limit, total }: Schemas['JobList'], { status }: ListOptions): string {
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const kind = status ? `${status} jobs` : 'jobs';
  const first = (page - 1) * limit + 1;
  const more =
    total > items.length
      ? `${first}–${first + items.length - 1} of ${total} ${kind}; --page ${page + 1} shows more\n`
      : '';
  return table(items, COLUMNS, width, out.bold) + out.dim(more);
}

export async function showJobCommand(config: Config, given: string, options: Common): Promise<number> {
  return connect(config, { scopes: ['read'], account: options.account }, ({ airlock }) =>
    withJob(airlock, given, async (id) => {
      const job = await airlock.get(id);
      write(options.json ? JSON.stringify(job) : jobText(job).trimEnd());
      return EXIT.ok;
    }),
  );
}

/** Whether the job was erased or its retention has ended, after which the API shows no URL. */
function isErased({ inputs }: Job): boolean {
  return inputs.length > 0 && inputs.every(({ url }) => url === null);
}

/** Describes a job in lines for people. */
function jobText(job: Job): string {
  const head = `${out.bold(job.id)}  ${out[PAINT[job.status]](job.status)}\n`;
  const inputs = job.inputs.map(({ url, format, duration, size, container }, index) => [
    `input ${index}`,
    [
      url ?? '(erased)',
      format,
      duration === null ? null : clock(duration),
      size === null ? null : byteText(size),
      container === 'rewritten' ? 'remuxed' : null,
    ]
      .filter(Boolean)
      .join('  '),
  ]);
  const outputs = job.outputs.map((one) => [
    'output',
    [
      one.name === one.format ? one.format : `${one.name} (${one.format})`,
      one.status === 'completed'
        ? null
        : [one.status, one.error_code && `(${one.error_code})`].filter(Boolean).join(' '),
      one.width ? `${one.width}×${one.height}` : null,
      ...[one.video_codec, one.audio_codec],
      one.duration_seconds === null ? null : clock(one.duration_seconds),
      one.size === null ? null : byteText(one.size),
    ]
      .filter(Boolean)
      .join('  '),
  ]);
  const rows = [
    ['error', [job.error_message, job.error_code && `(${job.error_code})`].filter(Boolean).join(' ')],
    ['advice', job.error_advice],
    ['progress', isFinal(job) ? null : progressText(job)],
    ['in queue', job.queue_position && `position ${job.queue_position}`],
    ['retrying', retryText(job)],
    ...inputs,
    ['to', formatsText(job)],
    ...outputs,
    ['created', moment(job.created_at)],
    ['started', job.started_at && moment(job.started_at)],
    ['ended', job.completed_at && `${moment(job.completed_at)}, after ${tookText(job)}`],
    ['deleted', isErased(job) ? 'yes: the job is erased' : job.expires_at && `${moment(job.expires_at)} at the latest`],
    ['attempts', job.attempts > 1 ? job.attempts : null],
    ...job.warnings.map(({ field, message }) => ['warning', `${field}: ${message}`]),
  ] as [string, string | number | null][];
  return head + facts(rows, out.dim);
}

export async function watchJobCommand(config: Config, given: string, options: Common): Promise<number> {
  const display = openProgressDisplay(!options.json);
  const show = stages();
  const onInterrupt = () => {
    display.stop();
    process.stderr.write('The job continues. To cancel it, run ./airlock jobs cancel.\n');
  };
  try {
    return await connect(config, { scopes: ['read'], account: options.account, onInterrupt }, ({ airlock, signal }) =>
      withJob(airlock, given, async (id) => {
        const watched = await airlock.get(id, { signal });
        if (options.json) await printEvents(airlock, id, signal);
        const job = isFinal(watched)
          ? watched
          : await airlock.wait(id, { signal, onProgress: (progress) => display.show(show(progress)) });
        display.stop();
        if (!options.json)
          reportJob(
            job,
            job.outputs.map(({ name }) => `${id} → ${name}`),
            options,
          );
        return job.status === 'completed' ? EXIT.ok : EXIT.failed;
      }),
    );
  } finally {
    display.stop();
  }
}

/** Prints a line with a JSON object for each event of the job, up to its last event. */
async function printEvents(airlock: Airlock, job: string, signal: AbortSignal): Promise<void> {
  for await (const { id, type, data } of airlock.events({ job, signal })) write(JSON.stringify({ id, type, data }));
}

export async function cancelJobCommand(config: Config, given: string, options: Common): Promise<number> {
  return connect(config, { scopes: ['read', 'transcode'], account: options.account }, ({ airlock }) =>
    withJob(airlock, given, async (id) => {
      const job = await airlock.cancel(id);
      write(options.json ? JSON.stringify(job) : `Canceled ${id}.`);
      return EXIT.ok;
    }),
  );
}

export async function retryJobCommand(config: Config, given: string, options: Common): Promise<number> {
  return connect(config, { scopes: ['read', 'transcode'], account: options.account }, ({ airlock }) =>
    withJob(airlock, given, async (id) => {
      const job = await airlock.retry(id);
      write(options.json ? JSON.stringify(job) : `Created ${job.id} from the request of ${id}.`);
      return EXIT.ok;
    }),
  );
}

export async function eraseJobCommand(config: Config, given: string, options: Common): Promise<number> {
  return connect(config, { scopes: ['read', 'transcode'], account: options.account }, ({ airlock }) =>
    withJob(airlock, given, async (id) => {
      const erased = await airlock.call('delete', '/v1/transcodes/{id}', { path: { id } });
      write(
        options.json ? JSON.stringify(erased) : `Erased ${id}: its output and the uploads that it used are deleted.`,
      );
      return EXIT.ok;
    }),
  );
}

/** Returns the next attempt of a job whose last attempt failed, and the reason for the failure. */
function retryText({ retry }: Job): string | null {
  if (!retry) return null;
  const next = `attempt ${retry.attempt} of ${retry.of}, at ${moment(retry.at)} at the earliest`;
  return `${next}; the last attempt failed with ${retry.error_code}. ${retry.error_advice ?? ''}`.trimEnd();
}

function progressText({ status, progress }: Pick<Job, 'status' | 'progress'>): string | null {
  if (status === 'completed') return '100 %';
  return status === 'processing' ? `${Math.floor(progress * 100)} %` : null;
}

function tookText({ started_at: start, completed_at: end }: Pick<Job, 'started_at' | 'completed_at'>): string | null {
  return start && end ? clock((Date.parse(end) - Date.parse(start)) / 1000) : null;
}

/**
 * Returns the reason why a job failed. For any other job, returns the last part of the URL of its first input, and the number of other
 * inputs.
 */
function subjectOf({ status, error_message, error_code, inputs }: Item): string | null {
  if (status === 'failed') return error_message ?? error_code;
  const [first] = inputs;
  const name = first?.url?.split('/').at(-1) || first?.url;
  return name && inputs.length > 1 ? `${name} +${inputs.length - 1}` : (name ?? null);
}
