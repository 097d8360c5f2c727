import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { isFinal } from '../../contract/common.ts';
import { errors } from '../../contract/errors.ts';
import { OUTPUT_FORMATS, QUALITIES, RESOLUTIONS } from '../../contract/formats.ts';
import { MAX_UPLOAD_BYTES } from '../../contract/limits.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import type { Job } from '../../contract/transcodes.ts';
import { checkOptions, detectMedia } from '../../media/index.ts';
import { readHead } from '../../worker/read-head.ts';
import { type Client, createClient } from '../client.ts';
import { EXIT, UsageError } from '../exit.ts';
import { findServer } from '../local-server.ts';
import { readOptionText } from '../option-text.ts';
import { clock, openProgressBar, type ProgressBar } from '../progress-bar.ts';
import { bold, dim, green, red } from '../style.ts';

export interface TranscodeFlags {
  quality?: string;
  resolution?: string;
  option: string[];
  filter: string[];
  text: string[];
  json?: boolean;
}

/** The main job: one file in, one file out, nothing else left. Resolves with the exit code. */
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
  // Another server judges by itself: it may know more options.
  if (!process.env.AIRLOCK_URL) refuseOptions(body);

  const interrupted = new AbortController();
  const atOnce = new AbortController();
  const onSignal = () => {
    if (atOnce.signal.aborted) process.exit(EXIT.interrupted);
    if (interrupted.signal.aborted) atOnce.abort();
    interrupted.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const bar = openProgressBar(!flags.json);
  try {
    const server = await findServer(config, { signal: interrupted.signal, atOnce: atOnce.signal });
    const client = createClient({ ...server, signal: interrupted.signal });
    const run: Run = { client, bar, source, target, body, jobId: null };
    try {
      const job = await work(run);
      bar.stop();
      report(job, output, flags);
      return job.status === 'completed' ? EXIT.ok : EXIT.failed;
    } finally {
      await cleanUp(run, interrupted.signal.aborted);
      await client.close();
      await server.close();
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    bar.stop();
    process.stderr.write(`${red('Interrupted.')} The job was canceled and nothing is left of it.\n`);
    return EXIT.interrupted;
  } finally {
    bar.stop();
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
  bar: ProgressBar;
  source: Source;
  target: string;
  body: { outputFormat: string; preset?: object; options?: object[]; filters?: object[] };
  jobId: string | null;
}

async function work(run: Run): Promise<Job> {
  const { client, bar, source } = run;
  const upload = await client.presign({
    filename: source.name,
    contentType: source.contentType,
    fileSize: source.size,
  });
  let sent = 0;
  await client.put(upload.uploadUrl, source.path, source, (bytes) => {
    sent += bytes;
    bar.update('Uploading', sent / source.size);
  });
  bar.update('Checking', 1);
  const { fileUrl } = await client.confirm({ filename: upload.filename, fileSize: source.size });
  let job = await client.create({ inputs: [{ url: fileUrl }], ...run.body });
  run.jobId = job.id;
  while (!isFinal(job.status)) {
    job = await client.get(job.id, 1);
    bar.update('Transcoding', job.progress, noteOf(job));
  }
  if (job.status === 'completed') await fetchOutput(run, job);
  return job;
}

function noteOf(job: Job): string {
  if (job.status === 'pending') return `waiting, place ${job.queue_position ?? '?'}`;
  const speed = job.speed === null ? '' : `${job.speed.toFixed(1)}x`;
  const left = job.eta_seconds === null ? '' : `${clock(job.eta_seconds)} left`;
  return [speed, left].filter(Boolean).join('  ');
}

/** Beside the target first, then renamed: whoever looks sees the whole file or none. */
async function fetchOutput(run: Run, job: Job): Promise<void> {
  const partial = join(dirname(run.target), `.${basename(run.target)}.${randomUUID().slice(0, 8)}.part`);
  const size = job.outputs[0]?.size ?? 1;
  let received = 0;
  try {
    await run.client.download(job.id, partial, (bytes) => {
      received += bytes;
      run.bar.update('Writing', received / size);
    });
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
    process.stderr.write(`${red('Note:')} job ${run.jobId} could not be erased; it goes when its retention is over.\n`);
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
    made ? `${(made.size / 1e6).toFixed(2)} MB` : null,
  ].filter(Boolean);
  process.stderr.write(`${green('✓')} ${bold(output)}  ${dim(facts.join(' · '))}\n`);
  for (const warning of job.warnings) process.stderr.write(dim(`  ${warning.field}: ${warning.message}\n`));
}

async function readSource(path: string): Promise<Source> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) throw new UsageError(`${path} is not there, or no file.`);
  if (facts.size === 0) throw new UsageError(`${path} is empty.`);
  if (facts.size > MAX_UPLOAD_BYTES) throw new UsageError(`${path} is larger than 2 GB.`);
  const { head } = await readHead(path);
  const detected = await detectMedia(head);
  if (!detected) throw new UsageError(`${path} is no media file that Airlock knows.`);
  return { path, name: basename(path), size: facts.size, contentType: detected.mime };
}

async function checkTarget(target: string, source: string): Promise<void> {
  if (target === source) throw new UsageError('Input and output are the same file.');
  const folder = await stat(dirname(target)).catch(() => null);
  if (!folder?.isDirectory()) throw new UsageError(`${dirname(target)} is no folder.`);
}

function requestBody(target: string, flags: TranscodeFlags): Run['body'] {
  const format = extname(target).slice(1).toLowerCase();
  if (!(OUTPUT_FORMATS as readonly string[]).includes(format)) {
    throw new UsageError(`"${extname(target)}" is no output format. Use one of ${OUTPUT_FORMATS.join(' ')}.`);
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

/** What our own server would refuse after the upload is refused before it, with the same words. */
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
