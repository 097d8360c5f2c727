import type { Job } from '../contract/transcodes.ts';

/** What a long command is doing at the moment. */
export interface Stage {
  name: string;
  /** 0–1; absent if the progress is unknown. */
  fraction?: number;
  note?: string;
}

/** Maximum progress while FFmpeg runs; from there on the output is checked and stored. */
const ENCODED = 0.99;

/** The stage of a job that is not final. */
export function jobStage(job: Pick<Job, 'status' | 'progress' | 'queue_position' | 'speed' | 'eta_seconds'>): Stage {
  if (job.status === 'pending') {
    return { name: 'Waiting', note: job.queue_position === null ? '' : `place ${job.queue_position} in the queue` };
  }
  if (job.progress >= ENCODED) return { name: 'Finishing', note: 'checking and storing the output' };
  if (job.progress === 0 && job.speed === null) return { name: 'Preparing', note: 'fetching and reading the input' };
  const speed = job.speed === null ? '' : `${job.speed.toFixed(1)}x`;
  const left = job.eta_seconds === null ? '' : `${clock(job.eta_seconds)} left`;
  const note = [speed, left].filter(Boolean).join('  ');
  // The duration of some inputs is unknown until their end.
  return job.progress === 0 ? { name: 'Transcoding', note } : { name: 'Transcoding', fraction: job.progress, note };
}

/** Tracks a transfer of `total` bytes; each call accepts the bytes since the previous call. */
export function transferStages(name: string, total: number, now: () => number = Date.now): (bytes: number) => Stage {
  const began = now();
  let done = 0;
  return (bytes) => {
    done += bytes;
    const seconds = (now() - began) / 1000;
    const size = `${byteText(done)} of ${byteText(total)}`;
    // In the first second the rate reflects buffers rather than the network.
    if (seconds < 1) return { name, fraction: done / total, note: size };
    const rate = done / seconds;
    const left = done >= total ? '' : `  ${clock((total - done) / rate)} left`;
    return { name, fraction: done / total, note: `${size}  ${byteText(rate)}/s${left}` };
  };
}

/** Decimal, as disks and networks count: `52.4 MB`. */
export function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** `75` → `1:15` */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
