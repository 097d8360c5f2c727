import { AirlockError } from './errors.ts';
import { followEvents, type StreamEvent } from './events.ts';
import type { Transport } from './transport.ts';
import type { AnyJob, OnProgress, Progress } from './types.ts';

export interface WaitControl {
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
  retries: number;
}

/** Seconds of each `?wait=`. They are shorter than the usual idle timeouts of proxies. */
const WAIT_SECONDS = 25;
/** Progress from 0 to 1 at which the encoding ends, and the output is checked and stored. */
const ENCODED = 0.99;

/** The fields of `data` from which progress is computed. */
interface AnyEventData {
  position: number | null;
  progress: number;
  speed: number | null;
  eta_seconds: number | null;
}

export function isFinal({ status }: Pick<AnyJob, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}

/**
 * Waits until a job is final, and returns the job. Follows the events of the job, or uses `?wait=` if a proxy between client and server
 * delays events. `path` is the path of the job.
 */
export async function waitForJob<Job extends AnyJob>(
  transport: Transport,
  path: string,
  control: WaitControl,
): Promise<Job> {
  const { onProgress, signal, retries } = control;
  try {
    const events = followEvents(transport, `${path}/events`, { signal, retries, isLast: isLastOfJob });
    for await (const event of events) {
      const progress = progressOfEvent(event);
      if (progress) onProgress?.(progress);
    }
  } catch (error) {
    const isHeldBack = error instanceof AirlockError && ['unreachable', 'unexpected_response'].includes(error.code);
    if (!isHeldBack) throw error;
  }
  for (;;) {
    const job = await transport.json<Job>('GET', path, { query: { wait: WAIT_SECONDS }, signal });
    if (isFinal(job)) return job;
    onProgress?.(progressOfJob(job));
  }
}

/** Whether the event is the last event in the stream of a job. The events of an erased job end with `transcode.deleted`. */
export function isLastOfJob({ type }: StreamEvent): boolean {
  return /\.(completed|failed|canceled|deleted)$/.test(type);
}

/** Returns the progress of a job, derived from its state. */
export function progressOfJob({
  status,
  progress = 0,
  speed = null,
  eta_seconds = null,
  queue_position = null,
}: Omit<AnyJob, 'id'>): Progress {
  if (status === 'pending') return { stage: 'queue', fraction: null, position: queue_position };
  return encoding(progress, speed, eta_seconds);
}

/** Returns the progress that an event reports. The part of the event's type after the dot is the same for every kind of job. */
function progressOfEvent(event: StreamEvent): Progress | null {
  const data = event.data as object as Partial<AnyEventData>;
  switch (event.type.split('.').at(-1)) {
    case 'queued':
      return { stage: 'queue', fraction: null, position: data.position ?? null };
    case 'started':
      return { stage: 'prepare', fraction: null };
    case 'progress':
      return encoding(data.progress ?? 0, data.speed ?? null, data.eta_seconds ?? null);
    default:
      return null;
  }
}

function encoding(fraction: number, speed: number | null, etaSeconds: number | null): Progress {
  if (fraction >= ENCODED) return { stage: 'store', fraction: null };
  if (fraction === 0 && speed === null) return { stage: 'prepare', fraction: null };
  // The progress stays 0 if the duration of an input is unknown until the input ends.
  return { stage: 'encode', fraction: fraction === 0 ? null : fraction, speed, etaSeconds };
}
