import { describe, expect, it } from 'vitest';
import { type AttemptCommand, ffmpegThatRan } from './attempt-commands.ts';

const command = (program: string, version: string | null, exit_code: number | null): AttemptCommand => ({
  ...{ program, version, package: null, sha256: '', end: 'exit', exit_code, cpu_ms: 1, max_rss_bytes: 1 },
});

describe('the build of FFmpeg in a manifest', () => {
  it('is the build of the last FFmpeg command that succeeded', () => {
    const ran = [command('ffmpeg', 'first', 0), command('ffmpeg', 'second', 0)];
    expect(ffmpegThatRan(ran)?.version).toBe('second');
    const others = [
      command('ffprobe', 'a probe', 0),
      command('ffmpeg', 'failed', 1),
      command('ffmpeg', 'killed', null),
    ];
    expect(ffmpegThatRan([...ran, ...others])?.version).toBe('second');
    expect(ffmpegThatRan(others)).toBeNull();
    expect(ffmpegThatRan([])).toBeNull();
  });
});
