import cliProgress from 'cli-progress';
import { clock, type Stage } from './stages.ts';
import { dim } from './style.ts';

export interface ProgressDisplay {
  show(stage: Stage): void;
  stop(): void;
}

const BAR_CELLS = 30;
/** Minimum number of characters of a bar. If there is less space, the text replaces the bar. */
const LEAST_CELLS = 5;
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
/**
 * Number of characters that are reserved for the percentage and the note, so that the length of the bar stays the same while they change.
 */
const TEXT_ROOM = 50;
/** Number of redraws per second. */
const FPS = 5;

/**
 * Shows the stage in a line on standard error that is redrawn in place. If standard error is not a terminal, prints plain lines instead.
 */
export function openProgressDisplay(enabled: boolean): ProgressDisplay {
  if (!enabled) return { show() {}, stop() {} };
  if (process.stderr.isTTY !== true) return plainLines((line) => process.stderr.write(`${line}\n`));
  let stage: Stage = { name: 'Starting' };
  let since = Date.now();
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: () => stageLine(stage, Date.now() - since, process.stderr.columns ?? 80),
    hideCursor: true,
    clearOnComplete: true,
    fps: FPS,
  });
  bar.start(1, 0);
  return {
    show(next) {
      if (next.name !== stage.name) since = Date.now();
      stage = next;
    },
    stop: () => bar.stop(),
  };
}

/** Formats a stage in fewer than `columns` characters, not counting colors. `ms` is how long the stage has lasted. */
export function stageLine({ name, fraction, note = '' }: Stage, ms: number, columns: number): string {
  const title = name.padEnd(12);
  if (fraction === undefined) {
    const frame = SPINNER[Math.floor((ms / 1000) * FPS) % SPINNER.length];
    const text = [note, clock(Math.floor(ms / 1000))].filter(Boolean).join('  ');
    return `${title} ${frame} ${text}`.slice(0, columns - 1);
  }
  const part = Math.min(1, Math.max(0, fraction));
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`;
  const text = `${percent}  ${note}`.trimEnd();
  // The 4 other characters are the brackets of the bar and the spaces around it.
  const cells = Math.min(BAR_CELLS, columns - 1 - title.length - Math.max(text.length, TEXT_ROOM) - 4);
  if (cells < LEAST_CELLS) return `${title} ${text}`.slice(0, columns - 1);
  const full = Math.round(part * cells);
  return `${title} ${dim('[')}${'█'.repeat(full)}${'░'.repeat(cells - full)}${dim(']')} ${text}`;
}

/** Milliseconds after which a stage that still lasts is logged. Most stages are shorter. */
const LINE_AFTER_MS = 1000;

/** Writes lines for logs: a line for each stage that lasts at least a second, and for each quarter of a transcode. */
export function plainLines(write: (line: string) => void): ProgressDisplay {
  let stage: Stage = { name: '' };
  let quarter = 0;
  let timer: NodeJS.Timeout | undefined;
  const line = (percent: string, note: string | undefined) => {
    clearTimeout(timer);
    write([stage.name, percent, note].filter(Boolean).join('  '));
  };
  return {
    show(next) {
      if (next.name !== stage.name) {
        clearTimeout(timer);
        timer = setTimeout(() => line('', stage.note), LINE_AFTER_MS).unref();
        quarter = 0;
      }
      stage = next;
      const reached = next.name === 'Transcoding' ? Math.floor((next.fraction ?? 0) * 4) : 0;
      if (reached > quarter) line(`${reached * 25} %`, next.note);
      quarter = Math.max(quarter, reached);
    },
    stop: () => clearTimeout(timer),
  };
}
