import { describe, expect, it } from 'vitest';
import { argsAfterRestart } from './repeated-start.ts';

const ARGS = [
  '-i',
  '/in/0',
  '-filter:a:0',
  'aresample=async=1:min_comp=0.02:first_pts=0,aformat=stereo',
  '/out/output.mp3',
];

describe('a command whose sound goes back in time', () => {
  it.each([
    '[libmp3lame @ 0x55] Queue input is backward in time',
    '[mp3 @ 0x55] Application provided invalid, non monotonically increasing dts to muxer in stream 0: 192431 >= 47',
    '[aost#0:0/pcm_s16le @ 0x55] Non-monotonic DTS; previous: 192512, current: 0; changing to 192512.',
  ])('runs again without the silence at its start: %s', (stderr) => {
    expect(argsAfterRestart(ARGS, stderr)).toEqual([
      ...['-i', '/in/0', '-filter:a:0', 'aresample=async=1:min_comp=0.02,aformat=stereo', '/out/output.mp3'],
    ]);
  });

  it('does not run again if it adds no silence at its start, or reports nothing', () => {
    const stderr = '[libmp3lame @ 0x55] Queue input is backward in time';
    expect(argsAfterRestart(['-i', '/in/0', '/out/output.mp3'], stderr)).toBeNull();
    expect(argsAfterRestart(argsAfterRestart(ARGS, stderr)!, stderr)).toBeNull();
    expect(argsAfterRestart(ARGS, '')).toBeNull();
  });
});
