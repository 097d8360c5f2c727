import { describe, expect, it } from 'vitest';
import { SuspectJobs, suspectBuild } from './guard.ts';

const ended = (stderr: string, exitCode = 8) => suspectBuild({ end: 'exit', exitCode, stderr });

describe('a command that failed with the trimmed FFmpeg', () => {
  it('runs again with the distribution’s FFmpeg if it crashed', () => {
    expect(suspectBuild({ end: 'crash', exitCode: 139, stderr: '' })).toBe('the command crashed');
  });

  it.each([
    "Unknown encoder 'libx264'",
    "[AVFilterGraph] No such filter: 'drawtext'",
    "Unrecognized option 'crf'.",
    "[vost#0:0] Unknown decoder 'libdav1d'",
    "[NULL] Requested output format 'webm' is not known.",
    '/usr/bin/ffmpeg: error while loading shared libraries: libx264.so.164: cannot open shared object file',
    'ffmpeg: symbol lookup error: ffmpeg: undefined symbol: x264_encoder_open_164',
  ])('runs again with the distribution’s FFmpeg if it reported: %s', (message) => {
    expect(ended(`some line\n${message}\n`)).toBe('the build lacks an option, codec, filter or format');
  });

  it('does not run again for a damaged input, a limit, a cancellation or a violation', () => {
    expect(ended('/in/0: Invalid data found when processing input')).toBeNull();
    expect(ended('Error while opening encoder, maybe incorrect parameters')).toBeNull();
    expect(ended("Unknown encoder 'x'", 0)).toBeNull();
    for (const end of ['limit_memory', 'limit_wall', 'canceled', 'violation'] as const)
      expect(suspectBuild({ end, exitCode: 1, stderr: "Unknown encoder 'x'" })).toBeNull();
  });

  it('marks its job for an hour, while at most a hundred jobs are marked', () => {
    const jobs = new SuspectJobs();
    jobs.add('first', 0);
    expect([jobs.has('first', 1), jobs.has('other', 1)]).toEqual([true, false]);
    expect(jobs.has('first', SuspectJobs.MS)).toBe(false);
    for (let at = 0; at < SuspectJobs.MAX; at++) jobs.add(`job ${at}`, 1);
    expect([jobs.has('first', 1), jobs.has('job 0', 1)]).toEqual([false, true]);
  });
});
