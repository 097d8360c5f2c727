import { beforeEach, describe, expect, it, vi } from 'vitest';
import { agoText, dueText, spanText } from '../../web/src/lib/format.ts';
import { type AnyJob, stateOf, waitingText } from '../../web/src/lib/job.ts';
import { optionsOf } from '../../web/src/lib/shell.ts';
import { fillMonth, namedDays } from '../../web/src/pages/usage/days.ts';

describe('a duration on the dashboard', () => {
  it.each([
    [86_400, '24 hours'],
    [3600, '1 hour'],
    [5400, '90 minutes'],
    [90, '90 seconds'],
  ])('a duration on the dashboard of %i seconds is shown as %s', (seconds, text) => {
    expect(spanText(seconds)).toBe(text);
  });
});

const NOW = Date.parse('2026-12-01T12:00:00Z');
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

describe('a time on the dashboard', () => {
  it.each([
    [0, 'just now'],
    [-9, 'just now'],
    [-12, '12 seconds ago'],
    [-60, '1 minute ago'],
    [-3 * 3600, '3 hours ago'],
    [-86_400, '1 day ago'],
    [10, 'just now'],
    [7200, 'just now'],
  ])('a past time on the dashboard, %i seconds from now, is shown as "%s", even if clocks differ', (seconds, text) => {
    expect(agoText(inSeconds(seconds), NOW)).toBe(text);
  });

  it.each([
    [82_800, 'in 23 hours'],
    [12, 'in 12 seconds'],
    [0, 'now'],
    [-90, 'now'],
  ])('a future time on the dashboard, %i seconds from now, is shown as "%s"', (seconds, text) => {
    expect(dueText(inSeconds(seconds), NOW)).toBe(text);
  });
});

describe("the dashboard's estimate of the server's clock", () => {
  let clock: typeof import('../../web/src/lib/clock.ts');
  beforeEach(async () => {
    vi.resetModules();
    clock = await import('../../web/src/lib/clock.ts');
  });
  const note = (second: number, sent: number, received: number) =>
    clock.noteServerTime(new Date(second).toUTCString(), NOW + sent, NOW + received);

  it('equals the clock of the browser until a response contradicts it', () => {
    note(NOW, 200, 300);
    clock.noteServerTime(null, 0, 0);
    clock.noteServerTime('yesterday', 0, 0);
    expect(clock.serverNow(NOW)).toBe(NOW);
  });

  it.each([600, -600])('is accurate to a second for a browser whose clock differs by %i seconds', (seconds) => {
    note(NOW + seconds * 1000, 0, 40);
    expect(Math.abs(clock.serverNow(NOW) - NOW - seconds * 1000)).toBeLessThan(1100);
  });

  it('improves with each response, and recovers after a clock is set', () => {
    note(NOW + 60_000, 0, 900);
    note(NOW + 61_000, 950, 1000);
    expect(clock.serverNow(NOW)).toBeGreaterThanOrEqual(NOW + 60_000);
    note(NOW - 3_600_000, 0, 10);
    expect(Math.abs(clock.serverNow(NOW) - NOW + 3_600_000)).toBeLessThan(1100);
  });
});

describe('a usage chart', () => {
  it('already shows every day of the month on the first day, and names each day at most once', () => {
    const days = fillMonth('2026-12', [{ day: '2026-12-01', jobs: 3, minutes: 7 }]);
    expect([days.length, days[0], days.at(-1)]).toEqual([
      ...[31, { day: '2026-12-01', jobs: 3, minutes: 7 }, { day: '2026-12-31', jobs: 0, minutes: 0 }],
    ]);
    expect(fillMonth('2028-02', []).length).toBe(29);
    const names = namedDays(days, 340).map(({ day }) => day);
    expect([names, namedDays(days, 4000).length]).toEqual([
      ...[['2026-12-01', '2026-12-07', '2026-12-13', '2026-12-19', '2026-12-25', '2026-12-31'], 31],
    ]);
  });
});

describe('a job that waits, in the dashboard', () => {
  const job = (more: Partial<AnyJob>): AnyJob => ({ id: '1', created_at: inSeconds(0), status: 'pending', ...more });
  const retry = { attempt: 2, of: 3, at: inSeconds(12), error_code: 'source_unreachable', error_advice: null };

  it.each([
    [{}, 'Queued', 'Waiting for a worker'],
    [{ waiting_for: 'upload' } as const, 'Queued', 'Waiting for its upload'],
    [{ retry }, 'Retrying', 'Waiting for attempt 2 of 3'],
  ])('states what it waits for: %j', (more, state, text) => {
    expect([stateOf(job(more)).text, waitingText(job(more))]).toEqual([state, text]);
  });

  it('has the status of a run that awaits a review if a person must review it', () => {
    expect(stateOf({ status: 'awaiting_review' })).toEqual({ text: 'Awaiting review', tone: 'run' });
  });
});

describe('a command', () => {
  it('is split only between an option with its argument and the next option', () => {
    const command = ['ffmpeg', '-y', '-map_metadata', '-1', '-c:v', 'libx264', '-f', 'mp4', '/out/a.mp4'];
    expect(optionsOf(command).map((words) => words.join(' '))).toEqual([
      ...['ffmpeg', '-y', '-map_metadata -1', '-c:v libx264', '-f mp4', '/out/a.mp4'],
    ]);
  });
});
