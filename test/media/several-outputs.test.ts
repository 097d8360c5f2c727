import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputRequest } from '../../src/contract/transcode-request.ts';
import { checkOutput, type JobPlan, type MediaInfo, ProgressReader, planJob } from '../../src/ffmpeg/index.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { fileOf } from '../../testkit/planned-file.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
let clip: string;
let other: string;
beforeAll(async () => {
  shop = await openWorkshop();
  const sources = (size: string) => [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${size}:r=10:d=2`,
    '-f',
    'lavfi',
    '-i',
    'sine=d=2',
  ];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-shortest'];
  clip = await shop.make('clip.mp4', [...sources('640x360'), ...codecs]);
  other = await shop.make('other.mp4', [...sources('320x240'), ...codecs]);
});
afterAll(() => shop?.remove());

interface Made {
  plan: JobPlan;
  infos: MediaInfo[];
  progress: number[];
}

let count = 0;
async function make(files: string[], outputs: OutputRequest[]): Promise<Made> {
  const inputs = (await Promise.all(files.map(inspect))).map((input, index) => ({ ...input, path: `/in/${index}` }));
  const request = { inputs: files.map((url) => ({ url })), outputs };
  const plan = planJob(request, inputs, { resourceClass: 'light', cores: 2 });
  const folder = join(shop.dir, `job-${++count}`);
  await mkdir(folder);
  const infos: MediaInfo[] = [];
  const progress: number[] = [];
  for (const command of plan.commands) {
    const args = command.args.map((arg) => {
      const input = /^\/in\/(\d)$/.exec(arg)?.[1];
      return input ? files[Number(input)]! : arg.startsWith('/out/') ? join(folder, basename(arg)) : arg;
    });
    const { stdout } = await run('ffmpeg', args, { timeout: 60_000, maxBuffer: 16 * 2 ** 20 });
    const reader = new ProgressReader(({ outTimeSeconds }) => progress.push(outTimeSeconds ?? 0));
    reader.feed(stdout);
    for (const output of command.outputs) {
      const { path, expect: expected } = fileOf(output);
      const { info } = await inspect(join(folder, basename(path)));
      checkOutput(expected, info);
      infos[output.position] = info;
    }
  }
  return { plan, infos, progress };
}

const shapes = (infos: readonly MediaInfo[]) =>
  infos.map(({ video, audio }) => [video[0]?.codec ?? null, video[0]?.displayHeight ?? null, audio[0]?.codec ?? null]);

describe('several outputs of one input', () => {
  it('are made by one FFmpeg from one decode, with their own sizes, containers and sound', async () => {
    const { plan, infos, progress } = await make(
      [clip],
      [
        { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'scale=-2:180' }] },
        { outputFormat: 'webm', preset: { quality: 'low' } },
        { outputFormat: 'mp3' },
        { outputFormat: 'gif' },
        { outputFormat: 'mp4', bitrate: '200k', filters: [{ filter: '[0:v]crop=320:180[v]' }] },
        { outputFormat: 'mp4', filters: [{ filter: '[0:v]split[a][b];[a][b]hstack[v]' }] },
      ],
    );
    expect(plan.commands).toHaveLength(1);
    expect(shapes(infos)).toEqual([
      ['h264', 180, 'aac'],
      ['vp9', 360, 'opus'],
      [null, null, 'mp3'],
      ['gif', 360, null],
      ['h264', 180, 'aac'],
      ['h264', 360, 'aac'],
    ]);
    for (const { durationSeconds } of infos) expect(durationSeconds).toBeCloseTo(2, 0);
    expect(progress.at(-1)).toBeCloseTo(2, 0);
  });

  it('can have different durations, and each ends at its own time', async () => {
    const { plan, infos } = await make(
      [clip],
      [
        { outputFormat: 'mp4', options: [{ option: '-t', argument: 0.5 }] },
        { outputFormat: 'mp4', preset: { resolution: '480p' } },
        { outputFormat: 'png', options: [{ option: '-vf', argument: 'scale=64:36' }] },
      ],
    );
    expect(plan.commands).toHaveLength(1);
    expect(infos[0]!.durationSeconds).toBeCloseTo(0.5, 1);
    expect(infos[1]!.durationSeconds).toBeCloseTo(2, 0);
    expect(infos[2]!.isImage).toBe(true);
  });

  it('are made by several commands if they read different parts of the input', async () => {
    const { plan, infos } = await make([clip], [{ outputFormat: 'mp4' }, { outputFormat: 'jpg' }]);
    expect(plan.commands).toHaveLength(2);
    expect(shapes(infos)).toEqual([
      ['h264', 360, 'aac'],
      ['mjpeg', 360, null],
    ]);
  });
});

describe('several outputs of several inputs', () => {
  it('are joined in the size of each output, from one decode of each input', async () => {
    const { plan, infos } = await make(
      [clip, other],
      [{ outputFormat: 'mp4' }, { outputFormat: 'webm', bitrate: 100_000 }, { outputFormat: 'mp3' }],
    );
    expect(plan.commands).toHaveLength(1);
    expect(shapes(infos)).toEqual([
      ['h264', 360, 'aac'],
      ['vp9', 360, 'opus'],
      [null, null, 'mp3'],
    ]);
    for (const { durationSeconds } of infos) expect(durationSeconds).toBeCloseTo(4, 0);
  });
});
