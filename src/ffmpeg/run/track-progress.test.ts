import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { run } from '../../../testkit/run.ts';
import { ProgressReader, type ProgressReport } from './progress.ts';
import { trackProgress } from './track-progress.ts';

const REPORT: ProgressReport = { outTimeSeconds: 4, frame: 100, fps: 50, speed: 2, totalSize: 1, ended: false };
/** A report of an encoder that still has frames after FFmpeg has read its input. */
const LATE: ProgressReport = { ...REPORT, outTimeSeconds: null, speed: null };

describe('the progress of a run', () => {
  it('follows the time of the output while FFmpeg prints it', () => {
    expect(trackProgress(10)(REPORT)).toEqual({ fraction: 0.4, speed: 2, etaSeconds: 3 });
  });

  it('follows the number of frames if FFmpeg prints no time', () => {
    const track = trackProgress(10);
    track(REPORT);
    expect(track({ ...LATE, frame: 200, fps: 40 })).toEqual({ fraction: 0.8, speed: 1.6, etaSeconds: 1.25 });
  });

  it('does not change if FFmpeg prints neither a time nor frames', () => {
    const track = trackProgress(10);
    track({ ...REPORT, frame: null, fps: null });
    expect(track({ ...LATE, frame: null, fps: null })).toEqual({ fraction: 0.4, speed: 2, etaSeconds: 3 });
  });

  it('is unknown until FFmpeg reports a time, and if the duration is unknown', () => {
    expect(trackProgress(10)({ ...LATE, frame: 0, fps: 0 })).toEqual({ fraction: null, speed: null, etaSeconds: null });
    expect(trackProgress(null)(REPORT)).toEqual({ fraction: null, speed: 2, etaSeconds: null });
  });

  it('never falls for any output of FFmpeg', () => {
    const value = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }));
    const report = fc.record({ outTimeSeconds: value, frame: value, fps: value, speed: value });
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const track = trackProgress(100);
        let before = 0;
        for (const one of reports) {
          const { fraction, etaSeconds } = track({ ...REPORT, ...one });
          expect(fraction ?? before).toBeGreaterThanOrEqual(before);
          expect(fraction ?? 0).toBeLessThanOrEqual(1);
          expect(etaSeconds ?? 0).toBeGreaterThanOrEqual(0);
          before = fraction ?? before;
        }
      }),
    );
  });

  it('of a slow encoder rises to the end while FFmpeg prints N/A', async () => {
    const input = '-f lavfi -i testsrc2=s=160x90:r=25:d=8 -f lavfi -i sine=d=8';
    const output = '-c:v libx264 -preset veryslow -threads 1 -stats_period 0.02 -progress pipe:1 -f mp4 -y /dev/null';
    const { stdout } = await run('ffmpeg', `-nostdin -v error ${input} ${output}`.split(' '));
    const reports: ProgressReport[] = [];
    new ProgressReader((report) => reports.push(report)).feed(stdout);
    const track = trackProgress(8);
    const shown = reports.filter(({ ended }) => !ended).map((report) => ({ report, ...track(report) }));
    const tail = shown.filter(({ report, fraction }) => report.outTimeSeconds === null && fraction !== null);
    expect(tail.length).toBeGreaterThan(1);
    expect(tail.at(-1)!.fraction).toBeGreaterThan(0.9);
    expect(tail.at(-1)!.fraction).toBeLessThanOrEqual(1);
    for (const { speed, etaSeconds } of tail) expect([speed, etaSeconds]).not.toContain(null);
  });
});
