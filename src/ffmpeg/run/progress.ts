/** One block of FFmpeg's `-progress` output; null = FFmpeg reported N/A or nothing. */
export interface ProgressReport {
  outTimeSeconds: number | null;
  frame: number | null;
  fps: number | null;
  /** Speed as a multiple of real time. */
  speed: number | null;
  /** Frames that FFmpeg has repeated, and has dropped, for a constant frame rate; absent = it reported none. */
  dupFrames?: number;
  dropFrames?: number;
  /** Bytes written so far. */
  totalSize: number | null;
  ended: boolean;
}

/** Maximum characters of a line. FFmpeg's lines are much shorter. Longer lines are dropped instead of being kept in memory. */
const MAX_LINE = 4096;

const EMPTY: ProgressReport = {
  outTimeSeconds: null,
  frame: null,
  fps: null,
  speed: null,
  totalSize: null,
  ended: false,
};

/** Reads `-progress pipe:1` in chunks of any size, and calls `onReport` once for each block. */
export class ProgressReader {
  readonly #onReport: (report: ProgressReport) => void;
  #line = '';
  #skipping = false;
  #report: ProgressReport = { ...EMPTY };

  constructor(onReport: (report: ProgressReport) => void) {
    this.#onReport = onReport;
  }

  feed(chunk: Buffer | string): void {
    // latin1 is sufficient: every key and number is ASCII, so a split multi-byte character does no harm.
    const text = typeof chunk === 'string' ? chunk : chunk.toString('latin1');
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#append(text.slice(from, end));
      if (!this.#skipping) this.#take(this.#line);
      this.#line = '';
      this.#skipping = false;
      from = end + 1;
    }
    this.#append(text.slice(from));
  }

  #append(part: string): void {
    if (this.#skipping) return;
    if (this.#line.length + part.length > MAX_LINE) {
      this.#line = '';
      this.#skipping = true;
    } else {
      this.#line += part;
    }
  }

  #take(line: string): void {
    const equals = line.indexOf('=');
    if (equals < 1) return;
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    switch (key) {
      case 'frame':
        this.#report.frame = count(value);
        break;
      case 'fps':
        this.#report.fps = count(value);
        break;
      case 'dup_frames':
        if (value !== '0') this.#report.dupFrames = count(value) ?? 0;
        break;
      case 'drop_frames':
        if (value !== '0') this.#report.dropFrames = count(value) ?? 0;
        break;
      case 'total_size':
        this.#report.totalSize = count(value);
        break;
      // FFmpeg's `out_time_ms` is also in microseconds, so only `out_time_us` is read.
      case 'out_time_us': {
        const micros = count(value);
        this.#report.outTimeSeconds = micros === null ? null : micros / 1e6;
        break;
      }
      case 'speed':
        this.#report.speed = count(value.replace(/x$/, ''));
        break;
      case 'progress': {
        if (value !== 'continue' && value !== 'end') break;
        const report = { ...this.#report, ended: value === 'end' };
        this.#report = { ...EMPTY };
        this.#onReport(report);
        break;
      }
    }
  }
}

/** Returns the completed share of the work, 0 to 1; null = unknown. */
export function progressFraction(outTimeSeconds: number | null, durationSeconds: number | null): number | null {
  if (outTimeSeconds === null || durationSeconds === null || !(durationSeconds > 0)) return null;
  return Math.min(1, Math.max(0, outTimeSeconds / durationSeconds));
}

/** Returns the seconds until the end at the current speed; null = unknown. */
export function etaSeconds(
  outTimeSeconds: number | null,
  durationSeconds: number | null,
  speed: number | null,
): number | null {
  if (outTimeSeconds === null || durationSeconds === null || speed === null || !(speed > 0)) return null;
  return Math.max(0, (durationSeconds - outTimeSeconds) / speed);
}

function count(value: string): number | null {
  if (!/^\d{1,18}(\.\d{1,9})?(e[+-]?\d{1,2})?$/.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : null;
}
