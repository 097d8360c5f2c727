import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMedia } from '../../src/attempt/media/open-media.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';
import { stageMeter } from '../../src/telemetry/index.ts';
import { type Fixture, LIMITS, MIB, openFixture } from './cell-fixture.ts';

describe('legitimate work in the cell', () => {
  let fixture: Fixture;
  let clip: string;
  let subtitles: string;
  beforeAll(async () => {
    fixture = await openFixture();
    clip = join(fixture.folder, 'clip');
    subtitles = join(fixture.folder, 'subtitles');
    const sources = ['-f', 'lavfi', '-i', 'testsrc=s=320x180:d=1', '-f', 'lavfi', '-i', 'sine=d=1'];
    execFileSync('/usr/bin/ffmpeg', [
      '-v',
      'error',
      ...sources,
      '-c:v',
      'mpeg4',
      '-c:a',
      'ac3',
      '-f',
      'matroska',
      clip,
    ]);
    writeFileSync(subtitles, '1\n00:00:00,000 --> 00:00:01,000\nHello مرحبا 漢字\n');
  });
  afterAll(() => fixture.close());

  it.each<[string, string[], string]>([
    ['H.264 and AAC', ['-c:v', 'libx264', '-preset', 'faster', '-c:a', 'aac', '-movflags', '+faststart'], 'out.mp4'],
    [
      'VP9 and Opus',
      ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-c:a', 'libopus'],
      'out.webm',
    ],
    ['H.265', ['-c:v', 'libx265', '-preset', 'ultrafast'], 'out.mp4'],
    [
      'drawn text in a common document font',
      ['-vf', 'drawtext=font=Arial:text=Airlock:fontsize=40', '-c:v', 'libx264'],
      'out.mp4',
    ],
    ['burnt-in subtitles in several scripts', ['-vf', 'subtitles=/in/s', '-c:v', 'libx264'], 'out.mp4'],
    ['a palette GIF', ['-filter_complex', 'split[a][b];[a]palettegen[p];[b][p]paletteuse'], 'out.gif'],
    ['FLAC after loudness normalisation', ['-vn', '-af', 'loudnorm'], 'out.flac'],
    ['a still picture', ['-frames:v', '1'], 'out.webp'],
  ])('makes %s, which ffprobe reads in a cell as JSON', async (_, args, name) => {
    const encoded = await fixture.sandbox.run({
      program: 'ffmpeg',
      args: ['-nostdin', '-y', '-hide_banner', '-i', '/in/0', ...args, `/out/${name}`],
      outputs: [name],
      inputs: [
        { name: '0', path: clip },
        { name: 's', path: subtitles },
      ],
      limits: { ...LIMITS, memoryBytes: 1024 * MIB },
      slot: 0,
    });
    expect(encoded, encoded.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
    expect(encoded.stderr).not.toMatch(/Fontconfig (?:error|warning)|Operation not permitted|Bad system call/i);
    expect(encoded.stderr).not.toContain(fixture.folder);
    const output: Buffer[] = [];
    const probed = await fixture.sandbox.run({
      program: 'ffprobe',
      args: ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '/in/0'],
      inputs: [{ name: '0', path: join(encoded.outputDir, name) }],
      limits: LIMITS,
      onStdout: (chunk) => output.push(chunk),
      slot: 1,
    });
    expect(probed, probed.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
    expect(JSON.parse(Buffer.concat(output).toString()).streams.length).toBeGreaterThan(0);
    await Promise.all([encoded.release(), probed.release()]);
  });

  it('stays within the limits of the cell for a video whose frames grow after the first', async () => {
    const [small, large, grown] = ['small.h264', 'large.h264', 'grown.mp4'].map((name) => join(fixture.folder, name));
    const quick = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-f', 'h264'];
    const color = (size: string) => ['-f', 'lavfi', '-i', `color=s=${size}:r=25:d=${size === '64x64' ? 0.4 : 0.04}`];
    const quiet = ['-v', 'error', '-y'];
    execFileSync('/usr/bin/ffmpeg', [...quiet, ...color('64x64'), ...quick, small!]);
    execFileSync('/usr/bin/ffmpeg', [...quiet, ...color('8192x8192'), ...quick, large!]);
    // FFmpeg probes so few bytes that the index of the file declares only the first size as well.
    const first = ['-probesize', '400', '-analyzeduration', '1', '-i', `concat:${small}|${large}`];
    execFileSync('/usr/bin/ffmpeg', [...quiet, ...first, '-c', 'copy', grown!]);
    const sanitizer = openSanitizer({ threads: 1 });
    try {
      const location = { folder: fixture.folder, name: 'grown', slot: 0, subject: 'Input 1', disarm: false };
      const { info, file } = await openMedia(
        { sanitizer, sandbox: fixture.sandbox, measure: stageMeter(null) },
        grown!,
        location,
      );
      expect(info.video).toMatchObject([{ width: 64, height: 64 }]);
      const result = await fixture.sandbox.run({
        program: 'ffmpeg',
        args: ['-nostdin', '-y', '-i', '/in/0', '-c:v', 'libx264', '-preset', 'ultrafast', '/out/out.mp4'],
        inputs: [{ name: '0', path: file }],
        outputs: ['out.mp4'],
        limits: { ...LIMITS, memoryBytes: 128 * MIB },
        slot: 0,
      });
      await result.release();
      expect(result.end).toBe('limit_memory');
    } finally {
      await sanitizer.close();
    }
  });

  it('shapes Arabic text with a font that supports Arabic', async () => {
    const result = await fixture.sandbox.run({
      program: 'ffmpeg',
      args: ['-nostdin', '-i', '/in/0', '-vf', 'subtitles=/in/s', '-frames:v', '1', '-f', 'null', '-'],
      inputs: [
        { name: '0', path: clip },
        { name: 's', path: subtitles },
      ],
      limits: LIMITS,
      slot: 0,
    });
    expect(result.end).toBe('exit');
    expect(result.stderr).toMatch(/fontselect: \(Arial|fontselect:/);
    expect(result.stderr).not.toMatch(/failed to find any fallback/i);
    await result.release();
  });

  it('accepts an input from another file system', async () => {
    const folder = mkdtempSync('/dev/shm/airlock-input-');
    try {
      // The input is tested once in a folder that the cell's account can read, and once in a folder that only the service can read.
      for (const [name, mode] of [
        ['open', 0o755],
        ['closed', 0o700],
      ] as const) {
        mkdirSync(join(folder, name));
        execFileSync('/usr/bin/cp', [clip, join(folder, name, 'clip')]);
        execFileSync('/usr/bin/chmod', ['755', folder]);
        execFileSync('/usr/bin/chmod', [mode.toString(8), join(folder, name)]);
        const args = ['-nostdin', '-y', '-i', '/in/0', '-c', 'copy', '/out/out.mkv'];
        const outputs = ['out.mkv'];
        const inputs = [{ name: '0', path: join(folder, name, 'clip') }];
        const result = await fixture.sandbox.run({ program: 'ffmpeg', args, inputs, outputs, limits: LIMITS, slot: 0 });
        expect(result, result.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
        expect(statSync(join(result.outputDir, 'out.mkv')).size).toBeGreaterThan(1000);
        await result.release();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
