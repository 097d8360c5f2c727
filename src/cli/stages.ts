import type { Progress } from '../../sdk/src/index.ts';

/** The current stage of a long command. */
export interface Stage {
  name: string;
  /** From 0 to 1; absent if the progress is unknown. */
  fraction?: number;
  note?: string;
}

/**
 * Returns a function that converts the progress of an operation of the SDK to a stage for the display. The function remembers the start of
 * a transfer to compute its rate.
 */
export function stages(now: () => number = Date.now): (progress: Progress) => Stage {
  let transfer: { name: string; show: (loaded: number) => Stage } | null = null;
  return (progress) => {
    const { stage, loaded = 0, total = 0 } = progress;
    if (stage !== 'upload' && stage !== 'download') return jobStage(progress);
    const name = stage === 'upload' ? 'Uploading' : 'Downloading';
    if (transfer?.name !== name) transfer = { name, show: transferStages(name, total, loaded, now) };
    return transfer.show(loaded);
  };
}

function jobStage({ stage, fraction, position, speed, etaSeconds }: Progress): Stage {
  switch (stage) {
    case 'inspect':
      return { name: 'Checking', note: 'the server inspects the file' };
    case 'queue':
      return { name: 'Waiting', note: position ? `position ${position} in the queue` : '' };
    case 'prepare':
      return { name: 'Preparing', note: 'fetching and reading the input' };
    case 'store':
      return { name: 'Finishing', note: 'checking, storing and delivering the outputs' };
    default: {
      const left = typeof etaSeconds === 'number' ? `${clock(etaSeconds)} left` : '';
      const note = [typeof speed === 'number' ? `${speed.toFixed(1)}x` : '', left].filter(Boolean).join('  ');
      return { name: 'Transcoding', note, ...(fraction !== null && { fraction }) };
    }
  }
}

/**
 * Returns a function that converts transferred bytes to a stage. `total` is the size of the transfer, of which `before` bytes were
 * transferred earlier.
 */
function transferStages(name: string, total: number, before: number, now: () => number): (loaded: number) => Stage {
  const began = now();
  return (loaded) => {
    const seconds = (now() - began) / 1000;
    const size = `${byteText(loaded)} of ${byteText(total)}`;
    // In the first second, the rate depends on buffers rather than on the network.
    if (seconds < 1) return { name, fraction: loaded / total, note: size };
    const rate = (loaded - before) / seconds;
    const left = loaded >= total ? '' : `  ${clock((total - loaded) / rate)} left`;
    return { name, fraction: loaded / total, note: `${size}  ${byteText(rate)}/s${left}` };
  };
}

/** Formats bytes in decimal units, as for disks and networks: `52.4 MB`. */
export function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Formats seconds as a clock does: `75` → `1:15`. */
export function clock(seconds: number): string {
  const totalSeconds = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(totalSeconds / 3600), Math.floor(totalSeconds / 60) % 60];
  const rest = String(totalSeconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
