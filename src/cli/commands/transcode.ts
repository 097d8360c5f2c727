import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../../config/config.ts';
import { isFinal } from '../../contract/common.ts';
import { errors } from '../../contract/errors.ts';
import { OUTPUT_FORMATS, QUALITIES, RESOLUTIONS } from '../../contract/formats.ts';
import { MAX_UPLOAD_BYTES } from '../../contract/limits.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import type { Job } from '../../contract/transcodes.ts';
import { readHead } from '../../kinds/shared/read-head.ts';
import { checkOptions, detectMedia } from '../../media/index.ts';
import { AnswerError, type Client, createClient } from '../client.ts';
import { EXIT, UsageError } from '../exit.ts';
import { findServer } from '../local-server.ts';
import { readOptionText } from '../option-text.ts';
import { openProgressDisplay, type ProgressDisplay } from '../progress-display.ts';
import { byteText, clock, jobStage, type Stage, transferStages } from '../stages.ts';
import { bold, dim, green, red } from '../style.ts';

export interface TranscodeFlags {
  quality?: string;
  resolution?: string;
  option: string[];
  filter: string[];
  text: string[];
  json?: boolean;
}

/** Transcodes one file and leaves nothing else behind. Returns the exit code. */
export async function transcodeCommand(
  config: Config,
  input: string,
  output: string,
  flags: TranscodeFlags,
): Promise<number> {
  const source = await readSource(resolve(input));
  const target = resolve(output);
  const body = requestBody(target, flags);
  await checkTarget(target, source.path);
  // A remote server checks the request itself: it may support more options.
  if (!process.env.AIRLOCK_URL) refuseOptions(body);

  const interrupted = new AbortController();
  const immediate = new AbortController();
  const onSignal = () => {
    if (immediate.signal.aborted) process.exit(EXIT.interrupted);
    if (interrupted.signal.aborted) immediate.abort();
    interrupted.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // The terminal was closed: nobody reads the output any more, but cleanup must still run.
  process.on('SIGHUP', () => {
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    onSignal();
  });
  const display = openProgressDisplay(!flags.json);
  try {
    const server = await findServer(config, { signal: interrupted.signal, immediate: immediate.signal });
    const client = createClient({ ...server, signal: interrupted.signal });
    const run: Run = { client, display, source, target, body, jobId: null, signal: interrupted.signal };
    try {
      const job = await work(run);
      display.stop();
      report(job, output, flags);
      return job.status === 'completed' ? EXIT.ok : EXIT.failed;
    } finally {
      await cleanUp(run, interrupted.signal.aborted);
      await client.close();
      await server.close();
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    display.stop();
    process.stderr.write(`${red('Interrupted.')} The job was canceled and nothing is left of it.\n`);
    return EXIT.interrupted;
  } finally {
    display.stop();
  }
}

interface Source {
  path: string;
  name: string;
  size: number;
  contentType: string;
}

interface Run {
  client: Client;
  display: ProgressDisplay;
  source: Source;
  target: string;
  body: { outputFormat: string; preset?: object; options?: object[]; filters?: object[] };
  jobId: string | null;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
}

/** Milliseconds that an upload may wait for a worker to inspect it. */
const INSPECTION_WAIT_MS = 10 * 60_000;

async function work(run: Run): Promise<Job> {
  const { client, display, source } = run;
  const upload = await client.presign({
    filename: source.name,
    contentType: source.contentType,
    fileSize: source.size,
  });
  const file = { ...source, headers: upload.headers };
  await client.put(upload.uploadUrl, source.path, file, transfer(run, 'Uploading', source.size));
  const fileUrl = await checkUpload(run, upload.filename);
  let job = await client.create({ inputs: [{ url: fileUrl }], ...run.body });
  run.jobId = job.id;
  while (!isFinal(job.status)) {
    display.show(jobStage(job));
    job = await client.get(job.id, 1);
  }
  if (job.status === 'completed') await fetchOutput(run, job);
  return job;
}

/**
 * Waits until a worker has inspected the upload. The server gives up after half a minute, so the confirm is repeated.
 */
async function checkUpload(run: Run, filename: string): Promise<string> {
  const { client, display, source, signal } = run;
  const end = Date.now() + INSPECTION_WAIT_MS;
  let stage: Stage = { name: 'Checking', note: 'the server inspects the file' };
  for (;;) {
    display.show(stage);
    try {
      return (await client.confirm({ filename, fileSize: source.size })).fileUrl;
    } catch (error) {
      if (!(error instanceof AnswerError) || error.code !== 'unavailable' || Date.now() > end) throw error;
      stage = { name: 'Checking', note: 'waiting for a free worker' };
      await setTimeout(1000, undefined, { signal });
    }
  }
}

/** Shows the progress of a transfer, starting before its first byte. */
function transfer({ display }: Run, name: string, total: number): (bytes: number) => void {
  const advance = transferStages(name, total);
  display.show(advance(0));
  return (bytes) => display.show(advance(bytes));
}

/** Downloads beside the target, then renames: a reader sees the whole file or none. */
async function fetchOutput(run: Run, job: Job): Promise<void> {
  const partial = join(dirname(run.target), `.${basename(run.target)}.${randomUUID().slice(0, 8)}.part`);
  try {
    await run.client.download(job.id, partial, transfer(run, 'Downloading', job.outputs[0]?.size ?? 1));
    await rename(partial, run.target);
  } finally {
    await rm(partial, { force: true });
  }
}

async function cleanUp(run: Run, cancel: boolean): Promise<void> {
  if (!run.jobId) return;
  try {
    if (cancel) await run.client.cancel(run.jobId).catch(() => {});
    await run.client.erase(run.jobId);
  } catch {
    process.stderr.write(
      `${red('Note:')} job ${run.jobId} could not be erased; it is deleted when its retention ends.\n`,
    );
  }
}

function report(job: Job, output: string, flags: TranscodeFlags): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(job)}\n`);
    return;
  }
  if (job.status !== 'completed') {
    process.stderr.write(
      `${red('✗')} ${job.error_message ?? `The job was ${job.status}.`} ${dim(job.error_code ?? '')}\n`,
    );
    if (job.error_advice) process.stderr.write(`  ${dim(job.error_advice)}\n`);
    return;
  }
  const made = job.outputs[0];
  const facts = [
    made?.width ? `${made.width}×${made.height}` : null,
    made?.video_codec,
    made?.audio_codec,
    made?.duration_seconds ? clock(made.duration_seconds) : null,
    made ? byteText(made.size) : null,
  ].filter(Boolean);
  process.stderr.write(`${green('✓')} ${bold(output)}  ${dim(facts.join(' · '))}\n`);
  for (const warning of job.warnings) process.stderr.write(dim(`  ${warning.field}: ${warning.message}\n`));
}

async function readSource(path: string): Promise<Source> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) throw new UsageError(`${path} does not exist or is not a file.`);
  if (facts.size === 0) throw new UsageError(`${path} is empty.`);
  if (facts.size > MAX_UPLOAD_BYTES) throw new UsageError(`${path} is larger than 2 GB.`);
  const { head } = await readHead(path);
  const detected = await detectMedia(head);
  if (!detected) throw new UsageError(`${path} is not a media file that Airlock supports.`);
  return { path, name: basename(path), size: facts.size, contentType: detected.mime };
}

async function checkTarget(target: string, source: string): Promise<void> {
  if (target === source) throw new UsageError('Input and output are the same file.');
  const folder = await stat(dirname(target)).catch(() => null);
  if (!folder?.isDirectory()) throw new UsageError(`${dirname(target)} is not a folder.`);
}

function requestBody(target: string, flags: TranscodeFlags): Run['body'] {
  const format = extname(target).slice(1).toLowerCase();
  if (!(OUTPUT_FORMATS as readonly string[]).includes(format)) {
    throw new UsageError(`"${extname(target)}" is not an output format. Use one of ${OUTPUT_FORMATS.join(' ')}.`);
  }
  oneOf('--quality', flags.quality, QUALITIES);
  oneOf('--resolution', flags.resolution, RESOLUTIONS);
  const options = [
    ...flags.option.map(readOptionText),
    ...flags.text.map((text) => ({ option: '@text-overlay', argument: { text } })),
  ];
  if (options.length > 0 && (flags.quality || flags.resolution)) {
    throw new UsageError('With --option or --text, --quality and --resolution would be ignored; use -crf and -s.');
  }
  const preset = {
    ...(flags.quality && { quality: flags.quality }),
    ...(flags.resolution && { resolution: flags.resolution }),
  };
  return {
    outputFormat: format,
    ...(Object.keys(preset).length > 0 && { preset }),
    ...(options.length > 0 && { options }),
    ...(flags.filter.length > 0 && { filters: flags.filter.map((filter) => ({ filter })) }),
  };
}

/** Rejects before the upload what the local server would reject after it, with the same message. */
function refuseOptions(body: Run['body']): void {
  const [refusal] = checkOptions({ inputs: [{ url: '' }], ...body } as TranscodeRequest);
  if (!refusal) return;
  const at = refusal.offset ? `At character ${refusal.offset + 1}` : '';
  const parts = [refusal.option, at, refusal.reason, refusal.suggestion].filter(Boolean);
  const why = parts.map((part) => part.replace(/\.$/, '')).join('. ');
  throw new UsageError(`${errors.option_refused.text}: ${why}`);
}

function oneOf(flag: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) {
    throw new UsageError(`${flag} is "${value}". Use one of ${allowed.join(', ')}.`);
  }
}
