import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../testkit/run.ts';
import { explainFailure } from './failure-text.ts';

/** These tests use the actual messages of FFmpeg 7.1. */
describe('a filter that fails', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'airlock-filter-'));
    const make = (...args: string[]) => run('ffmpeg', ['-nostdin', '-v', 'error', ...args]);
    const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
    await make('-f', 'lavfi', '-i', 'testsrc2=s=64x48:d=0.2', ...video, join(dir, 'small.mp4'));
    await make('-f', 'lavfi', '-i', 'testsrc2=s=128x96:d=0.2', ...video, join(dir, 'large.mp4'));
    await make('-f', 'lavfi', '-i', 'sine=d=0.2', join(dir, 'sound.wav'));
    await writeFile(join(dir, 'broken.cube'), 'LUT_3D_SIZE 2\n0 0 0\n');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function explain(inputs: string[], ...args: string[]) {
    const all = ['-nostdin', '-hide_banner', '-v', 'warning', ...inputs.flatMap((name) => ['-i', join(dir, name)])];
    const options = { cwd: dir, timeout: 20_000 };
    const { stderr } = await run('ffmpeg', [...all, ...args, '-f', 'null', '-'], options).catch((error) => error);
    return explainFailure({ end: 'exit', exitCode: 1, signal: null, stderr });
  }
  const complex = (graph: string) => ['-filter_complex', graph, '-map', '[o]'];

  it.each([
    ['crop', ['-vf', 'crop=200:200'], 'too big'],
    ['scale', ['-vf', 'scale=w=-1:h=0/0'], 'expression'],
    ['scale', ['-vf', 'scale=65536:65536'], '65536x65536'],
    ['zscale', ['-vf', 'zscale=transfer=709:primaries=bt2020'], 'no path between colorspaces'],
    ['lut3d', ['-vf', 'lut3d=file=broken.cube'], ''],
    ['subtitles', ['-vf', 'subtitles=filename=missing.srt'], 'Unable to open'],
    ['atempo', ['-f', 'lavfi', '-i', 'sine=d=0.1', '-af', 'atempo=900'], 'out of range'],
  ])('is named in the message: %s', async (filter, args, words) => {
    const { code, message } = await explain(['small.mp4'], ...args);
    expect(code).toBe('filter_failed');
    expect(message).toMatch(new RegExp(`^Filter ${filter}: .*\\.$`));
    expect(message).toContain(words);
    expect(message).not.toContain(dir);
  });

  it.each(['concat=n=2:v=1:a=0', 'hstack', 'xfade=duration=0.1', 'blend=all_mode=screen'])(
    'because its inputs differ is reported with a remedy: %s',
    async (filter) => {
      const { code, message } = await explain(['small.mp4', 'large.mp4'], ...complex(`[0:v][1:v]${filter}[o]`));
      expect(code).toBe('filter_failed');
      expect(message).toContain(`The inputs of the filter ${filter.split('=')[0]} differ`);
      expect(message).toContain('scale');
    },
  );

  it('because a stream is missing is reported with the kind of the stream', async () => {
    expect(await explain(['sound.wav'], ...complex('[0:v]hflip[o]'))).toEqual({
      code: 'no_video_stream',
      message: 'A filter reads video of an input that has none.',
    });
    expect((await explain(['small.mp4'], ...complex('[0:a]volume=2[o]'))).code).toBe('no_audio_stream');
  });

  it('because of missing memory is reported with limit_memory', () => {
    const stderr =
      '[Parsed_reverse_0 @ 0x7f00] Failed to configure input pad\nCannot allocate memory\n[vf#0:0 @ 0x1] Error while filtering: Cannot allocate memory';
    expect(explainFailure({ end: 'exit', exitCode: 244, signal: null, stderr }).code).toBe('limit_memory');
  });

  it('is not reported as the cause if it has only printed warnings', async () => {
    const stderr =
      '[Parsed_scale_0 @ 0x7f00] deprecated pixel format used\n[libx264 @ 0x1] Error setting preset/tune photo/(null).';
    expect(explainFailure({ end: 'exit', exitCode: 1, signal: null, stderr }).code).toBe('encode_failed');
  });
});
