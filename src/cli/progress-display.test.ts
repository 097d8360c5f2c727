import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainLines, stageLine } from './progress-display.ts';

describe('the line of a stage', () => {
  it('has a bar, a percentage and a note if the progress is known', () => {
    const line = stageLine({ name: 'Uploading', fraction: 0.5, note: '1.0 MB of 2.0 MB' }, 0, 100);
    expect(line).toBe(`Uploading    [${'█'.repeat(15)}${'░'.repeat(15)}]  50 %  1.0 MB of 2.0 MB`);
  });

  it('keeps the length of its bar while the note changes', () => {
    const cells = ['', '9.9 MB of 2.0 GB', '999.9 MB of 2.0 GB  33.5 MB/s  0:05 left'].map(
      (note) => stageLine({ name: 'Uploading', fraction: 0.5, note }, 0, 80).match(/[█░]/g)!.length,
    );
    expect(new Set(cells).size).toBe(1);
    expect(cells[0]).toBeGreaterThan(10);
  });

  it('has a spinner and counts the seconds if the progress is unknown', () => {
    const stage = { name: 'Checking', note: 'the server inspects the file' };
    const [first, second] = [200, 400].map((ms) => stageLine(stage, ms, 80));
    expect(first).toMatch(/^Checking {5}\S the server inspects the file {2}0:00$/);
    expect(second).not.toBe(first);
    expect(stageLine(stage, 4000, 80)).toContain('0:04');
  });

  it.each([20, 40, 60, 80])('does not wrap in a terminal of %d columns', (columns) => {
    for (const fraction of [undefined, 0, 1, 7]) {
      const stage = { name: 'Transcoding', note: '2.3x  1:15 left', ...(fraction !== undefined && { fraction }) };
      expect(stageLine(stage, 75_000, columns).length).toBeLessThan(columns);
    }
  });
});

describe('plain lines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('show stages that last at least a second, and each quarter of a transcode', () => {
    const lines: string[] = [];
    const display = plainLines((line) => lines.push(line));
    display.show({ name: 'Uploading', fraction: 0, note: '0 B of 2.0 MB' });
    vi.advanceTimersByTime(900);
    display.show({ name: 'Checking', note: 'the server inspects the file' });
    vi.advanceTimersByTime(5000);
    display.show({ name: 'Waiting', note: 'position 2 in the queue' });
    display.show({ name: 'Waiting', note: 'position 1 in the queue' });
    vi.advanceTimersByTime(5000);
    for (let percent = 1; percent < 80; percent++) {
      display.show({ name: 'Transcoding', fraction: percent / 100, note: '2.0x' });
      vi.advanceTimersByTime(100);
    }
    display.show({ name: 'Downloading', fraction: 0 });
    display.stop();
    vi.advanceTimersByTime(5000);
    expect(lines).toEqual([
      'Checking  the server inspects the file',
      'Waiting  position 1 in the queue',
      'Transcoding  2.0x',
      'Transcoding  25 %  2.0x',
      'Transcoding  50 %  2.0x',
      'Transcoding  75 %  2.0x',
    ]);
  });
});
