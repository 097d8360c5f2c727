import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Airlock, Job, JobResult, SaveControl, TranscodeRequest } from '../../../sdk/src/index.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import type { Config } from '../../config/config.ts';
import { errors } from '../../contract/errors.ts';
import { OUTPUT_FORMATS } from '../../contract/formats.ts';
import { SCOPES } from '../../contract/keys.ts';
import { METRICS } from '../../contract/metrics.ts';
import { targetField } from '../../contract/quality.ts';
import type { JobRequest } from '../../contract/transcode-request.ts';
import { detectMedia } from '../../ffmpeg/probe/signature.ts';
import { unsupportedReason } from '../../ffmpeg/probe/unsupported.ts';
import { connect } from '../connect.ts';
import { destinationOf } from '../destination-flag.ts';
import { EXIT, UsageError } from '../exit.ts';
import { reportJob } from '../job-report.ts';
import { readOptionText } from '../option-text.ts';
import { type PictureFlags, pictureOutputs, pictureTargets } from '../picture-flags.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { stages } from '../stages.ts';
import { red } from '../style.ts';

/** The body of a create without its inputs. */
type Body = Omit<TranscodeRequest, 'inputs'>;

export interface TranscodeFlags extends PictureFlags {
  quality?: string;
  resolution?: string;
  option: string[];
  filter: string[];
  text: string[];
  /** Heights of the renditions, or `auto`, for a streaming output. The output is a folder. */
  ladder?: string;
  template?: string;
  /** Destination as `s3://CONNECTION/FOLDER`. */
  to?: string;
  /** Metric and threshold, such as `ssim=0.98`. */
  target?: string;
  /** Metrics, separated by commas. */
  measure?: string;
  json?: boolean;
}

/**
 * Transcodes one file into one or more files, and deletes all other data of the job from the server. With a template and without `outputs`,
 * the files are named after the input and the template. Returns the exit code.
 */
export async function transcodeCommand(
  config: Config,
  input: string,
  outputs: readonly string[],
  flags: TranscodeFlags,
): Promise<number> {
  const targets = outputs.map((output) => resolve(output));
  const body = await requestBody(targets, flags);
  const source = await readSource(resolve(input));
  const place = destinationOf(flags.to);
  const pictures = pictureTargets(flags, outputs[0] ?? basename(source.path), flags.ladder !== undefined);
  await checkTargets(targets, pictures, source.path, flags);

  const display = openProgressDisplay(!flags.json);
  const show = stages();
  const onInterrupt = () => {
    display.stop();
    process.stderr.write(`${red('Interrupted.')} The job was canceled and nothing is left of it.\n`);
  };
  try {
    return await connect(config, { scopes: SCOPES, start: true, onInterrupt }, async ({ airlock, signal }) => {
      const control = { signal, onProgress: (progress: Parameters<typeof show>[0]) => display.show(show(progress)) };
      let created: Job | null = null;
      const onCreated = (job: Job) => {
        created = job;
      };
      const { path, ...file } = source;
      try {
        const { id } = await airlock.submit({ input: path, ...file, ...body, ...place, ...control, onCreated });
        const job = await airlock.wait(id, control);
        const { template } = flags;
        const names = template && targets.length === 0 ? derivedNames(job, source.path, template) : outputs;
        const files = [...names, ...pictures];
        if (job.status === 'completed') await saveOutputs(airlock.resultOf(job), job, files, control);
        display.stop();
        reportJob(job, files, flags);
        return job.status === 'completed' && job.outputs.every(isDelivered) ? EXIT.ok : EXIT.failed;
      } finally {
        if (created) await cleanUp(airlock, created, signal.aborted);
      }
    });
  } finally {
    display.stop();
  }
}

function isDelivered({ destination }: Job['outputs'][number]): boolean {
  return !destination || destination.status === 'delivered';
}

/** Roles of the outputs that consist of many files. */
const FOLDER_ROLES: readonly string[] = ['ladder', 'sprite', 'thumbnails'];

/** Writes each output of the job to the file or folder at the same position in `files`. */
async function saveOutputs(
  result: JobResult<Job>,
  job: Job,
  files: readonly string[],
  control: SaveControl,
): Promise<void> {
  for (const [index, file] of files.entries()) {
    const { name: output, role } = job.outputs[index]!;
    if (FOLDER_ROLES.includes(role)) await result.saveFiles(resolve(file), { ...control, output });
    else await result.save(resolve(file), { ...control, output });
  }
}

/** Cancels the job after Ctrl-C, and erases the job. If this fails, prints a note instead of throwing. */
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
  if (!detected) throw new UsageError(`${path} ${await unsupportedReason(head)}`);
  return { path, filename: basename(path), contentType: detected.mime };
}

/** Checks, before the upload, whether the outputs can be written. `pictures` are the paths of the poster and the sprite. */
async function checkTargets(
  targets: readonly string[],
  pictures: readonly string[],
  source: string,
  { ladder }: TranscodeFlags,
): Promise<void> {
  const all = [...targets, ...pictures.map((picture) => resolve(picture))];
  if (new Set(all).size < all.length) throw new UsageError('Two outputs are the same file. Name each output once.');
  // The pictures of a ladder are in its folder, which is new or empty, so only the folder is checked.
  for (const target of ladder === undefined ? all : targets) await checkTarget(target, source);
}

async function checkTarget(target: string, source: string): Promise<void> {
  if (target === source) throw new UsageError('Input and output are the same file. Name another output.');
  const existing = await readdir(target).catch(() => null);
  if (existing && existing.length > 0) throw new UsageError(`${target} is not empty. Name a new folder.`);
  const folder = await stat(dirname(target)).catch(() => null);
  if (!folder?.isDirectory()) throw new UsageError(`${dirname(target)} is not a folder. Create it first.`);
}

/**
 * Returns the names of the files to write in the current folder: `talk-web.mp4` for `talk.mov` and `airlock/web@1`, or `talk-web-mp3.mp3`
 * if there are several outputs. An output with many files gets a folder, such as `talk-hls`. A number is added to a name that exists.
 */
function derivedNames({ outputs }: Job, source: string, template: string): string[] {
  const stem = `${basename(source, extname(source))}-${basename(template).split('@')[0]}`;
  const taken = (name: string) => existsSync(name);
  return outputs.map(({ name, format, role }) => {
    const own = outputs.length > 1 ? `${stem}-${name}` : stem;
    const extension = FOLDER_ROLES.includes(role) ? '' : `.${format}`;
    let free = `${own}${extension}`;
    for (let number = 2; taken(free); number++) free = `${own}-${number}${extension}`;
    return free;
  });
}

/**
 * Returns the body of the create without its inputs. All files get the same options. The names of the outputs are derived from their
 * formats.
 */
async function requestBody(targets: readonly string[], flags: TranscodeFlags): Promise<Body> {
  if (flags.template && flags.ladder === undefined) return templateBody(targets, flags, flags.template);
  const pictures = pictureOutputs(flags);
  const media = mediaOutputs(targets, flags);
  if (media.length + pictures.length === 0)
    throw new UsageError('Name the file to write, or choose a template with --template.');
  // A remote server checks the request itself, because it may support more options. A single file without options needs no check.
  const isPlain = media.length === 1 && Object.keys(encodingOf(flags)).length === 0;
  if (!process.env.AIRLOCK_URL && flags.ladder === undefined && media.length > 0 && !isPlain)
    await checkOptions(joinOutputs(media));
  return joinOutputs([...media, ...pictures]);
}

function mediaOutputs(targets: readonly string[], flags: TranscodeFlags): object[] {
  if (flags.ladder !== undefined) return [ladderOutput(targets, flags.ladder, flags)];
  return targets.map((target) => ({ outputFormat: formatOf(target), ...encodingOf(flags) }));
}

function joinOutputs(outputs: readonly object[]): Body {
  return (outputs.length > 1 ? { outputs } : outputs[0]) as Body;
}

/** Returns the fields that replace fields of the template. A target without an extension is the folder of an output with many files. */
function templateBody(targets: readonly string[], flags: TranscodeFlags, template: string): Body {
  const [target, ...others] = targets;
  if (others.length > 0) throw new UsageError('With --template, name at most one file to write.');
  if (flags.poster !== undefined || flags.sprite !== undefined)
    throw new UsageError(
      'With --template, --poster and --sprite are not possible. Add them to a template of your own.',
    );
  const hasFormat = target !== undefined && extname(target) !== '';
  return { template, ...(hasFormat && { outputFormat: formatOf(target) }), ...encodingOf(flags) } as Body;
}

/** Returns the output for `--ladder`. The output is a CMAF folder, which both HLS and DASH players can read. */
function ladderOutput(targets: readonly string[], ladder: string, flags: TranscodeFlags): object {
  const { quality, resolution, template, target, option, filter, text } = flags;
  const [folder, ...others] = targets;
  if (folder === undefined || others.length > 0) throw new UsageError('With --ladder, name one folder to write.');
  requireFolderName(folder);
  if (quality || resolution || template || target || option.length + filter.length + text.length > 0) {
    throw new UsageError('With --ladder, --measure is the only output option that you can pass.');
  }
  const heights = ladder.split(',');
  if (ladder !== 'auto' && !heights.every((height) => /^\d{2,4}$/.test(height))) {
    throw new UsageError(`--ladder "${ladder}" is neither auto nor heights such as 1080,720,360.`);
  }
  const rungs = ladder === 'auto' ? ('auto' as const) : heights.map((height) => ({ height: Number(height) }));
  return { outputFormat: 'cmaf', ladder: rungs, ...qualityOf(flags) };
}

/** Extensions of playlists, manifests and segments, which are files in the folder of a ladder. */
const STREAM_EXTENSIONS = ['.m3u8', '.mpd', '.m4s', '.ts'];

/** Throws `UsageError` if the target looks like a file, because a ladder is written to a folder. */
function requireFolderName(target: string): void {
  const extension = extname(target).toLowerCase();
  const isFileName = [...OUTPUT_FORMATS.map((format) => `.${format}`), ...STREAM_EXTENSIONS].includes(extension);
  if (!isFileName) return;
  const folder = basename(target, extname(target));
  throw new UsageError(
    `--ladder writes a folder with many files, but "${basename(target)}" is the name of a file. Name a folder, such as ${folder}.`,
  );
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
    throw new UsageError(
      'You cannot combine --option or --text with --quality or --resolution. Use the options -crf and -s.',
    );
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

/** Returns the fields of `--target` and `--measure`. Rejects only values that no server accepts. The server checks the others. */
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

/** Rejects requests before the upload that the local server would reject after the upload, with the same message. */
async function checkOptions(body: Body): Promise<void> {
  // Loaded only if needed, because the tables of all options and filters take as long to load as the rest of the command.
  const { parseJob } = await import('../../ffmpeg/index.ts');
  const { rejections } = parseJob({ inputs: [{ url: '' }], ...body } as JobRequest);
  const [rejection] = rejections;
  if (!rejection) return;
  const at = rejection.offset ? `At character ${rejection.offset + 1}` : '';
  const parts = [rejection.option, at, rejection.reason, rejection.suggestion].filter(Boolean);
  const why = parts.map((part) => part.replace(/\.$/, '')).join('. ');
  throw new UsageError(`${errors.option_refused.text}: ${why}`);
}
