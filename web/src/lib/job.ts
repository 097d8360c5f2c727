import type { Job } from '../../../src/contract/transcodes.ts';
import { nameOf } from './format.ts';
import type { Tone } from './tone.ts';

/** The fields that jobs of every kind have. */
interface CommonJob {
  id: string;
  /** A status that jobs of every kind can have, or a status of one kind. */
  status: string;
  created_at: string;
}

/** A job of any kind. Fields that a kind may lack are absent or null. */
export type AnyJob = CommonJob &
  Partial<Omit<Job, keyof CommonJob | 'inputs'>> & {
    inputs?: readonly (Pick<Job['inputs'][number], 'url'> & Partial<Job['inputs'][number]>)[];
    media_url?: string | null;
    /** The slug of the blueprint of a run. */
    blueprint?: string;
  };

/** The fields from which the name of a job is made. */
type NamedJob = Pick<AnyJob, 'id' | 'inputs' | 'media_url'>;

/** The path of the only kind of job that has a request to repeat, a command, and a page to create it. */
export const TRANSCODES = 'transcodes';

/** A job in the list of all kinds. */
export type ListedJob = AnyJob & { kind: string };

const STATUS_TEXT: Readonly<Record<string, string>> = {
  pending: 'Queued',
  processing: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  canceled: 'Canceled',
};

const STATUS_TONE: Readonly<Record<string, Tone>> = { pending: '', completed: 'ok', failed: 'bad', canceled: 'warn' };

/** Returns the text of a status. For a status that only one kind has, derives the text from the status itself. */
export function statusText(status: string): string {
  return STATUS_TEXT[status] ?? capitalized(status.replaceAll('_', ' '));
}

/** Returns the status of a job in one or two words, and the tone of these words. */
export function stateOf({ status, retry }: Pick<AnyJob, 'status' | 'retry'>): { text: string; tone: Tone } {
  if (status === 'pending' && retry) return { text: 'Retrying', tone: 'warn' };
  return { text: statusText(status), tone: statusTone(status) };
}

/** Returns what a `pending` job waits for. */
export function waitingText({ retry, waiting_for: awaited }: Pick<AnyJob, 'retry' | 'waiting_for'>): string {
  if (retry) return `Waiting for attempt ${retry.attempt} of ${retry.of}`;
  return awaited === 'upload' ? 'Waiting for its upload' : 'Waiting for a worker';
}

/** Whether jobs of every kind can have the status. */
export function isCommon(status: string): boolean {
  return Object.hasOwn(STATUS_TEXT, status);
}

export function statusTone(status: string): Tone {
  return STATUS_TONE[status] ?? 'run';
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function isOver({ status }: Pick<CommonJob, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}

/** Whether the job was erased or its retention has ended, after which its bytes and names no longer exist. */
export function isErased(job: AnyJob): boolean {
  const urls = urlsOf(job);
  return isOver(job) && urls.length > 0 && urls.every((url) => url === null);
}

/** Returns the URLs of a job's sources. A transcription has one source, `media_url`. */
function urlsOf({ inputs = [], media_url }: Omit<NamedJob, 'id'>): (string | null)[] {
  return media_url === undefined ? inputs.map(({ url }) => url) : [media_url];
}

/**
 * Returns the name that people use for a job: the name of its first input, otherwise its noun and the end of its ID. Jobs of the same
 * minute have IDs with the same start. The time at the start of a stored name is left out.
 */
export function jobName(job: NamedJob, noun = 'job'): string {
  const urls = urlsOf(job);
  const name = nameOf(urls[0] ?? null)?.replace(/^\d{8}-\d{6}-(?=.)/, '');
  const more = urls.length > 1 ? ` + ${urls.length - 1}` : '';
  return name ? `${name}${more}` : `${capitalized(noun)} ${job.id.slice(-8)}`;
}

/** Returns the seconds for which a job ran. Null until the job has ended, and if it did not run or its kind does not report the times. */
export function runSeconds({ started_at, completed_at }: AnyJob): number | null {
  if (!started_at || !completed_at) return null;
  return Math.max(0, Date.parse(completed_at) - Date.parse(started_at)) / 1000;
}

/** Returns the name by which people know a format, from FFmpeg's list of names for the demuxer. */
export function formatText(format: string | null): string {
  if (format === null) return '–';
  const names = format.split(',');
  if (names.includes('mp4')) return 'MP4 / MOV';
  if (names.includes('matroska')) return 'Matroska / WebM';
  return names[0]!;
}
