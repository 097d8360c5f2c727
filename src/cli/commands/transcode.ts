import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Airlock, Job, TranscodeRequest } from '../../../sdk/src/index.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import type { Config } from '../../config/config.ts';
import { errors } from '../../contract/errors.ts';
import { OUTPUT_FORMATS } from '../../contract/formats.ts';
import { SCOPES } from '../../contract/keys.ts';
import { METRICS, targetField } from '../../contract/quality.ts';
import type { JobRequest, OutputRequest } from '../../contract/transcode-request.ts';
import { detectMedia, parseJob } from '../../ffmpeg/index.ts';
import { connect } from '../connect.ts';
import { EXIT, UsageError } from '../exit.ts';
import { reportJob } from '../job-report.ts';
import { readOptionText } from '../option-text.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { stages } from '../stages.ts';
import { red } from '../style.ts';

export interface TranscodeFlags {
  quality?: string;
  resolution?: string;
  option: string[];
  filter: string[];
  text: string[];
  /** Renditions of a streaming output, which is a folder. */
  ladder?: string;
  template?: string;
  /** `s3://CONNECTION/FOLDER` */
  to?: string;
  /** `ssim=0.98` */
  target?: string;
  /** Metrics, separated by commas. */
  measure?: string;
  json?: boolean;
}

/**
 * Transcodes one file into one or several, and leaves nothing else behind. With a template and without `outputs`, the files
 * are named after the input and the template. Returns the exit code.
 */
export async function transcodeCommand(
  config: Config,
  input: string,
  outputs: readonly string[],
  flags: TranscodeFlags,
): Promise<number> {
  const source = await readSource(resolve(input));
  const targets = outputs.map((output) => resolve(output));
  const body = requestBody(targets, flags);
  const place = destinationOf(flags);
  if (new Set(targets).size < targets.length) throw new UsageError('Two outputs are the same file.');
  for (const target of targets) await checkTarget(target, source.path, flags);
  // A remote server checks the request itself: it may support more options. A template is known only to the server.
  if (!process.env.AIRLOCK_URL && !flags.template && flags.ladder === undefined) checkOptions(body);

  const display = openProgressDisplay(!flags.json);
  const show = stages();
  const onInterrupt = () => {
    display.stop();
    process.stderr.write(`${red('Interrupted.')} The job was canceled and nothing is left of it.\n`);
  };
  try {
    return await connect(config, { scopes: SCOPES, start: true, onInterrupt }, async ({ airlock, signal }) => {
      const control = { signal, onProgress: (progress: Parameters<typeof show>[0]) => display.show(show(progress)) };
      const { fileUrl, filename } = await airlock.upload(source.path, { ...source, ...control });
      const created = await airlock
        .create({ inputs: [{ url: fileUrl }], ...body, ...place }, { signal })
        .catch(async (error) => {
          await airlock.deleteUpload(filename).catch(() => {});
          throw error;
        });
      try {
        const job = await airlock.wait(created.id, control);
        const files = flags.template && targets.length === 0 ? derivedNames(job, source.path, flags.template) : outputs;
        if (job.status === 'completed') {
          for (const [index, file] of files.entries()) {
            const result = airlock.resultOf(job);
            const output = job.outputs[index]?.name;
            if (flags.ladder === undefined) await result.save(resolve(file), { ...control, output });
            else await result.saveFiles(resolve(file), { signal, output });
          }
        }
        display.stop();
        reportJob(job, files, flags);
        return job.status === 'completed' && job.outputs.every(isDelivered) ? EXIT.ok : EXIT.failed;
      } finally {
        await cleanUp(airlock, created, signal.aborted);
      }
    });
  } finally {
    display.stop();
  }
}

function isDelivered({ destination }: Job['outputs'][number]): boolean {
  return !destination || destination.status === 'delivered';
}

/** `s3://media/videos` → the folder `videos` in the bucket of the connection `media`. */
function destinationOf({ to }: TranscodeFlags): Pick<TranscodeRequest, 'destination'> {
  if (to === undefined) return {};
  const [, connection, prefix] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(to) ?? [];
  if (connection === undefined) throw new UsageError(`--to "${to}" is not s3://CONNECTION or s3://CONNECTION/FOLDER.`);
  return { destination: { s3: { connection, ...(prefix && { prefix }) } } };
}

/** Cleanup continues after Ctrl-C. */
async function cleanUp(airlock: Airlock, { id }: Pick<Job, 'id'>, isInterrupted: boolean): Promise<void> {
  try {
    if (isInterrupted) await airlock.cancel(id).catch(() => {});
    await airlock.erase(id);
  } catch {
    process.stderr.write(`${red('Note:')} job ${id} could not be erased; it is deleted when its retention ends.\n`);
  }
}

interface Source {
  path: string;
  filename: string;
  contentType: string;
}

async function readSource(path: string): Promise<Source> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) throw new UsageError(`${path} does not exist or is not a file.`);
  if (facts.size === 0) throw new UsageError(`${path} is empty.`);
  const { head } = await readHead(path);
  const detected = await detectMedia(head);
  if (!detected) throw new UsageError(`${path} is not a media file that Airlock supports.`);
  return { path, filename: basename(path), contentType: detected.mime };
}

async function checkTarget(target: string, source: string, { ladder }: TranscodeFlags): Promise<void> {
  if (target === source) throw new UsageError('Input and output are the same file.');
  const existing = ladder === undefined ? null : await readdir(target).catch(() => null);
  if (existing && existing.length > 0) throw new UsageError(`${target} is not empty. Name a new folder.`);
  const folder = await stat(dirname(target)).catch(() => null);
  if (!folder?.isDirectory()) throw new UsageError(`${dirname(target)} is not a folder.`);
}

/** `talk-web.mp4` in the current folder, for `talk.mov` and `airlock/web@1`; `talk-web-mp3.mp3` if there are several outputs. */
function derivedNames({ outputs }: Job, source: string, template: string): string[] {
  const stem = `${basename(source, extname(source))}-${basename(template).split('@')[0]}`;
  const taken = (name: string) => existsSync(name);
  return outputs.map(({ name, format }) => {
    const own = outputs.length > 1 ? `${stem}-${name}` : stem;
    let free = `${own}.${format}`;
    for (let number = 2; taken(free); number++) free = `${own}-${number}.${format}`;
    return free;
  });
}

/** The same options for every output; their names follow from their formats. */
function requestBody(targets: readonly string[], flags: TranscodeFlags): Omit<TranscodeRequest, 'inputs'> {
  if (flags.ladder !== undefined) return ladderBody(targets, flags.ladder, flags);
  if (flags.template) return templateBody(targets, flags, flags.template);
  if (targets.length === 0) throw new UsageError('Name the file to write, or choose a template with --template.');
  const outputs = targets.map((target) => outputBody(target, flags));
  const [only, ...others] = outputs;
  return (others.length > 0 ? { outputs } : only) as Omit<TranscodeRequest, 'inputs'>;
}

/** What the flags say wins over the template. */
function templateBody(targets: readonly string[], flags: TranscodeFlags, template: string) {
  const [target, ...others] = targets;
  if (others.length > 0) throw new UsageError('With --template, name at most one file to write.');
  const body = { template, ...(target && { outputFormat: formatOf(target) }), ...encodingOf(flags) };
  return body as Omit<TranscodeRequest, 'inputs'>;
}

/** Both kinds of players read the folder. */
function ladderBody(
  targets: readonly string[],
  ladder: string,
  flags: TranscodeFlags,
): Omit<TranscodeRequest, 'inputs'> {
  const { quality, resolution, template, target, measure, option, filter, text } = flags;
  if (targets.length !== 1) throw new UsageError('With --ladder, name one folder to write.');
  if (quality || resolution || template || target || measure || option.length + filter.length + text.length > 0) {
    throw new UsageError('With --ladder, no other options of the output are possible.');
  }
  const heights = ladder.split(',');
  if (ladder !== 'auto' && !heights.every((height) => /^\d{2,4}$/.test(height))) {
    throw new UsageError(`--ladder "${ladder}" is neither auto nor heights such as 1080,720,360.`);
  }
  const rungs = ladder === 'auto' ? ('auto' as const) : heights.map((height) => ({ height: Number(height) }));
  return { output_format: 'cmaf', ladder: rungs } as Omit<TranscodeRequest, 'inputs'>;
}

function outputBody(target: string, flags: TranscodeFlags): OutputRequest {
  return { outputFormat: formatOf(target), ...encodingOf(flags) } as OutputRequest;
}

function formatOf(target: string): string {
  const format = extname(target).slice(1).toLowerCase();
  if ((OUTPUT_FORMATS as readonly string[]).includes(format)) return format;
  throw new UsageError(`"${extname(target)}" is not an output format. Use one of ${OUTPUT_FORMATS.join(' ')}.`);
}

function encodingOf(flags: TranscodeFlags) {
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
    ...(Object.keys(preset).length > 0 && { preset }),
    ...(options.length > 0 && { options }),
    ...(flags.filter.length > 0 && { filters: flags.filter.map((filter) => ({ filter })) }),
    ...qualityOf(flags),
  };
}

/** Rejects what no server accepts; the server checks the rest. */
function qualityOf({ target, measure }: TranscodeFlags) {
  const [, metric, number] = /^([a-z]+)=([\d.]+)$/.exec(target ?? '') ?? [];
  const searched = targetField.safeParse(target === undefined ? undefined : { metric, at_least: Number(number) });
  if (!searched.success) {
    throw new UsageError(`--target "${target}" is not a target. Send one such as ssim=0.98 or xpsnr=40.`);
  }
  const metrics = measure?.split(',');
  const unknown = metrics?.find((name) => !(METRICS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--measure "${unknown}" is not a metric. Send ${METRICS.join(', ')}, separated by commas.`);
  }
  return { ...(searched.data && { target: searched.data }), ...(metrics && { measure: metrics }) };
}

/** Rejects before the upload what the local server would reject after it, with the same message. */
function checkOptions(body: Omit<TranscodeRequest, 'inputs'>): void {
  const { rejections } = parseJob({ inputs: [{ url: '' }], ...body } as JobRequest);
  const [rejection] = rejections;
  if (!rejection) return;
  const at = rejection.offset ? `At character ${rejection.offset + 1}` : '';
  const parts = [rejection.option, at, rejection.reason, rejection.suggestion].filter(Boolean);
  const why = parts.map((part) => part.replace(/\.$/, '')).join('. ');
  throw new UsageError(`${errors.option_refused.text}: ${why}`);
}
