import cliProgress from 'cli-progress';
import { dim } from './style.ts';

export interface ProgressBar {
  /** `fraction` 0–1; `note` stands behind the percent. */
  update(phase: string, fraction: number, note?: string): void;
  stop(): void;
}

/** One line on standard error; nothing at all when that is no terminal, so that logs stay readable. */
export function openProgressBar(enabled: boolean): ProgressBar {
  if (!enabled || process.stderr.isTTY !== true) return { update() {}, stop() {} };
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: `{phase} ${dim('[')}{bar}${dim(']')} {percent} %{note}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    fps: 5,
  });
  bar.start(1000, 0, { phase: 'Starting'.padEnd(12), percent: '  0', note: '' });
  return {
    update(phase, fraction, note = '') {
      const percent = String(Math.floor(Math.min(1, Math.max(0, fraction)) * 100)).padStart(3);
      bar.update(Math.round(fraction * 1000), { phase: phase.padEnd(12), percent, note: note && `  ${note}` });
    },
    stop() {
      bar.stop();
    },
  };
}

/** `75` → `1:15` */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
