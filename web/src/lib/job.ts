import type { Job, JobListItem } from '../../../src/contract/transcodes.ts';
import type { Tone } from '../ui/feedback.tsx';
import { nameOf } from './format.ts';

type AnyJob = Job | JobListItem;

export const STATUS_TEXT: Record<Job['status'], string> = {
  pending: 'Queued',
  processing: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  canceled: 'Canceled',
};

export const STATUS_TONE: Record<Job['status'], Tone> = {
  pending: '',
  processing: 'run',
  completed: 'ok',
  failed: 'bad',
  canceled: 'warn',
};

export function isOver({ status }: AnyJob): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}

/** Whether somebody erased the job, or its time was over: its bytes and names are gone then. */
export function isErased(job: AnyJob): boolean {
  return isOver(job) && job.inputs.every(({ url }) => url === null);
}

/** What people call a job: the name of its first input. Stored names begin with a time, which is left out. */
export function jobName(job: AnyJob): string {
  const name = nameOf(job.inputs[0]?.url ?? null)?.replace(/^\d{8}-\d{6}-(?=.)/, '');
  const more = job.inputs.length > 1 ? ` + ${job.inputs.length - 1}` : '';
  return name ? `${name}${more}` : `Job ${job.id.slice(0, 8)}`;
}

/** Seconds that a job ran; null if it did not. */
export function runSeconds({ started_at, completed_at }: AnyJob): number | null {
  if (started_at === null || completed_at === null) return null;
  return Math.max(0, Date.parse(completed_at) - Date.parse(started_at)) / 1000;
}

/** FFmpeg's list of names for a demuxer as the name that people know. */
export function formatText(format: string | null): string {
  if (format === null) return '–';
  const names = format.split(',');
  if (names.includes('mp4')) return 'MP4 / MOV';
  if (names.includes('matroska')) return 'Matroska / WebM';
  return names[0]!;
}
