import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CellLimits } from '../../src/sandbox/index.ts';
import {
  type Fixture,
  LIMITS,
  MIB,
  openFixture,
  PATIENCE_MS,
  SLOW_OUTPUT,
  slowEncode,
  TIMEOUT,
} from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

const RAW = ['-f', 'rawvideo', '-c:v', 'rawvideo'];

describe.each(['bwrap', 'landlock'] as const)('each limit of a cell of the tier %s', (tier) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(2, tier);
  });
  afterAll(() => fixture.close());

  async function run(args: readonly string[], limits: Partial<CellLimits>, outputs: readonly string[] = []) {
    const result = await fixture.sandbox.run({
      program: 'ffmpeg',
      args,
      inputs: [],
      outputs,
      limits: { ...LIMITS, ...limits },
      slot: 0,
      onStdout: () => {},
    });
    await result.release();
    return result;
  }
  const lavfi = (source: string) => ['-nostdin', '-y', '-hide_banner', '-f', 'lavfi', '-i', source];

  it('ends an endless run at the wall limit', async () => {
    const result = await run(slowEncode(60), { wallMs: 400 }, [SLOW_OUTPUT]);
    expect(result.end).toBe('limit_wall');
    expect(result.wallMs).toBeGreaterThanOrEqual(400);
    expect(result.wallMs).toBeLessThan(PATIENCE_MS);
  });

  it('ends a busy run when its CPU seconds are used up', async () => {
    const result = await run([...lavfi('testsrc2=s=1280x720:r=60:d=600'), '-c:v', 'libx264', '-f', 'null', '-'], {
      cpuSeconds: 1,
    });
    expect(result.end).toBe('limit_cpu');
    // RLIMIT_CPU counts in ticks, and a complete tick is charged to the process that runs at the end of the tick, so the result may be
    // below one second.
    expect(result.cpuMs).toBeGreaterThanOrEqual(700);
    expect(result.cpuMs).toBeLessThan(10_000);
  });

  it('ends a greedy run at its memory limit', async () => {
    const greedy = [...lavfi('testsrc2=s=3840x2160:r=30:d=10'), '-vf', 'reverse', '-f', 'null', '-'];
    const result = await run(greedy, { memoryBytes: 96 * MIB });
    // Without a control group, the limit of address space ends the run at 4 GiB.
    expect(result.end).toBe('limit_memory');
    // The maximum includes libraries that are already in memory, which are not charged to the cell. Without a limit, the run would use 3.7
    // GB.
    if (fixture.sandbox.limits === 'cgroup') expect(result.maxRssBytes).toBeLessThan(256 * MIB);
  });

  it('ends a run that writes too much into one file', async () => {
    const result = await run([...lavfi('testsrc=s=1280x720:d=60'), ...RAW, '/out/a.raw'], { outputBytes: 8 * MIB }, [
      'a.raw',
    ]);
    expect(result.end).toBe('limit_output');
  });

  it('ends a run that writes too much into many files', async () => {
    const segments = ['-f', 'segment', '-segment_time', '0.1', '-c:v', 'rawvideo', '/out/%05d.nut'];
    const names = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(5, '0')}.nut`);
    const result = await run([...lavfi('testsrc=s=640x360:d=600'), ...segments], { outputBytes: 24 * MIB }, names);
    expect(result.end).toBe('limit_output');
  });

  it('lets FFmpeg write only the files created for it', async () => {
    const result = await run([...lavfi('testsrc=s=16x16:d=60'), '/out/%05d.png'], {}, ['00001.png']);
    expect(result.end).toBe('exit');
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('Could not open file : /out/00002.png');
  });

  it('ends a run that floods standard output', async () => {
    const result = await run([...lavfi('testsrc=s=1280x720:d=60'), ...RAW, 'pipe:1'], { outputBytes: 8 * MIB });
    expect(result.end).toBe('limit_output');
  });

  it('is not reported for a legitimate run, and not for a run that FFmpeg itself aborts', async () => {
    expect(await run([...lavfi('testsrc=s=64x64:d=0.2'), '/out/a.mp4'], {}, ['a.mp4'])).toMatchObject({
      end: 'exit',
      exitCode: 0,
    });
    const failed = await run(['-nostdin', '-i', '/in/missing', '/out/a.mp4'], {});
    expect(failed.end).toBe('exit');
    expect(failed.exitCode).not.toBe(0);
    expect(failed.stderr).toContain('/in/missing');
  });

  it('must be a positive finite number, because a zero would kill every job', async () => {
    for (const key of ['memoryBytes', 'cpuSeconds', 'wallMs', 'outputBytes'] as const) {
      for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
        await expect(run([], { [key]: value })).rejects.toThrow(key);
    }
  });
});
