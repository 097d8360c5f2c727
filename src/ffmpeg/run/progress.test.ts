import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { etaSeconds, ProgressReader, type ProgressReport, progressFraction } from './progress.ts';

const BLOCK =
  'frame=30\nfps=59.94\nstream_0_0_q=28.0\nbitrate= 123.4kbits/s\ntotal_size=2048\nout_time_us=1500000\nout_time_ms=1500000\nout_time=00:00:01.500000\ndup_frames=0\ndrop_frames=0\nspeed=2.5x\nprogress=continue\n';

function read(chunks: (string | Buffer)[]): ProgressReport[] {
  const reports: ProgressReport[] = [];
  const reader = new ProgressReader((report) => reports.push(report));
  for (const chunk of chunks) reader.feed(chunk);
  return reports;
}

describe('ProgressReader', () => {
  it('reports the values of each block', () => {
    expect(read([BLOCK])).toEqual([
      { outTimeSeconds: 1.5, frame: 30, fps: 59.94, speed: 2.5, totalSize: 2048, ended: false },
    ]);
  });

  it('reports when FFmpeg has ended, and reads N/A as unknown', () => {
    const [report] = read(['total_size=N/A\nout_time_us=N/A\nspeed=N/A\nprogress=end\n']);
    expect(report).toEqual({ outTimeSeconds: null, frame: null, fps: null, speed: null, totalSize: null, ended: true });
  });

  it('reports the same values regardless of how the bytes are split into chunks', () => {
    const complete = read([BLOCK + BLOCK]);
    fc.assert(
      fc.property(fc.array(fc.nat(2 * BLOCK.length), { maxLength: 20 }), (cuts) => {
        const sorted = [...new Set(cuts)].sort((left, right) => left - right);
        const chunks = [0, ...sorted].map((from, index) =>
          Buffer.from((BLOCK + BLOCK).slice(from, sorted[index] ?? undefined)),
        );
        expect(read(chunks)).toEqual(complete);
      }),
    );
  });

  it('discards an endless line instead of storing it, and continues', () => {
    const reader = read(['x'.repeat(3000), 'x'.repeat(3000), 'progress=end\n', BLOCK]);
    expect(reader).toHaveLength(1);
    expect(reader[0]!.frame).toBe(30);
  });

  it('never throws on invalid output, and never reports a negative or infinite number', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.uint8Array().map((bytes) => Buffer.from(bytes)),
            fc.constantFrom('progress=continue\n', 'frame=-5\n', 'speed=1e999x\n'),
          ),
        ),
        (chunks) => {
          for (const report of read(chunks)) {
            for (const value of [report.frame, report.fps, report.speed, report.outTimeSeconds, report.totalSize]) {
              expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe('progressFraction', () => {
  it.each([
    [1, 4, 0.25],
    [5, 4, 1],
    [null, 4, null],
    [1, null, null],
    [1, 0, null],
  ])('for %s of %s seconds is %s', (time, duration, fraction) =>
    expect(progressFraction(time, duration)).toBe(fraction),
  );
});

describe('etaSeconds', () => {
  it.each([
    [2, 10, 4, 2],
    [12, 10, 4, 0],
    [2, 10, 0, null],
    [2, 10, null, null],
  ])('for %s of %s seconds and the speed %s is %s', (time, duration, speed, eta) =>
    expect(etaSeconds(time, duration, speed)).toBe(eta),
  );
});
