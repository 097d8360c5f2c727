import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia } from '../../src/ffmpeg/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { readHead } from '../../testkit/inspect-media.ts';
import { recordCanvas } from '../../testkit/recordings.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';
import { type LadderWorkshop, ladderWorkshop } from './ladders.ts';

const MS = 0.001;
const GIF = ['-fps_mode', 'passthrough'];
const MOVED = ['-fps_mode', 'passthrough', '-bf', '0', '-pix_fmt', 'yuv420p'];

let shop: Workshop;
let ladders: LadderWorkshop;
/** 29.97 frames per second, each up to 8 ms off, as cameras of phones write them. */
let phone: string;
/** Recordings as browsers write them: 30 frames per second up to 8 ms off, and pauses between two bursts of 60 frames per second. */
let recording: string;
let bursts: string;

beforeAll(async () => {
  shop = await openWorkshop();
  ladders = ladderWorkshop(shop);
  const source = (rate: string, seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=${rate}:d=${seconds}`];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', ...MOVED];
  const jittered = (step: number, timebase: number, most: number) =>
    `settb=1/${timebase},setpts='${most}+N*${step}+floor(random(1)*${2 * most})-${most}'`;
  [phone, recording, bursts] = await Promise.all([
    shop.make('phone.mp4', [
      ...[...source('30000/1001', 3), '-vf', jittered(3003, 90_000, 720), '-enc_time_base', '1/90000'],
      ...[...x264, '-video_track_timescale', '90000'],
    ]),
    shop.make('recording.webm', [
      ...[...source('30', 3), '-vf', jittered(100 / 3, 1000, 8), '-enc_time_base', '1/1000'],
      ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', ...MOVED],
    ]),
    shop.make('bursts.mp4', [
      ...[...source('60', 10), '-vf', "select='between(mod(t,5),1,2)+eq(mod(n,60),0)'", '-enc_time_base', '1/90000'],
      ...[...x264, '-video_track_timescale', '90000'],
    ]),
  ]);
  recording = await rewritten(recording);
});
afterAll(() => shop?.remove());

/** Remuxes a file as the sanitizer does before FFmpeg reads the file. */
async function rewritten(path: string): Promise<string> {
  const { demuxer } = (await detectMedia(await readHead(path)))!;
  const target = `${path}.rewritten.${path.split('.').at(-1)}`;
  await rm(target, { force: true });
  const { container } = await sanitizeFile({ path, demuxer, target, mediaBytes: null });
  expect(container).toBe('rewritten');
  return target;
}

/** Returns the times at which frames are presented, relative to the first. */
async function frameTimes(path: string): Promise<number[]> {
  const shown = ['-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...shown, path]);
  const times = stdout.match(/-?[\d.]+/g)!.map(Number);
  times.sort((a, b) => a - b);
  return times.map((time) => time - times[0]!);
}

/** Expects each frame of an output at its time in the source, within a millisecond. */
async function expectSameTimes(source: string, output: string): Promise<void> {
  const [wanted, made] = await Promise.all([frameTimes(source), frameTimes(output)]);
  expect(made.length).toBe(wanted.length);
  const off = wanted.map((time, index) => Math.abs(time - made[index]!));
  expect(Math.max(...off)).toBeLessThanOrEqual(1.01 * MS);
}

describe('the frames of a video without a constant rate', () => {
  it.each(['mp4', 'mov', 'mkv', 'webm'] as const)('keep their times in %s', async (outputFormat) => {
    for (const source of [phone, recording, bursts]) {
      const { path } = await shop.transcode([source], { outputFormat, preset: { resolution: '480p' } });
      await expectSameTimes(source, path);
    }
  });

  it('keep their times if they are an animated GIF', async () => {
    const uneven = ['-vf', "settb=1/100,setpts='N*10+if(mod(N,3),7,0)'", '-enc_time_base', '1/100'];
    const source = await shop.make('uneven.gif', ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=2', ...uneven, ...GIF]);
    await expectSameTimes(source, (await shop.transcode([source], { outputFormat: 'mp4' })).path);
    const { plan } = await shop.transcode([source], { outputFormat: 'webp' });
    expect(plan.args.join(' ')).toContain('-enc_time_base:v filter');
  });

  it('keep their times with filters and options of the caller', async () => {
    const options = [
      { option: '-vf', argument: 'hflip' },
      { option: '-crf', argument: 30 },
    ];
    for (const source of [phone, recording]) {
      await expectSameTimes(source, (await shop.transcode([source], { outputFormat: 'mp4', options })).path);
    }
  });

  it('follow a frame rate that the caller states', async () => {
    for (const option of ['-r', '-fpsmax']) {
      const options = [{ option, argument: 10 }];
      const { plan, path } = await shop.transcode([phone], { outputFormat: 'mp4', options });
      expect(plan.args).not.toContain('-enc_time_base:v');
      expect((await frameTimes(path)).length).toBeLessThanOrEqual(33);
    }
  });

  it('do not raise the level of a recording, whose timestamps are milliseconds', async () => {
    const { path } = await shop.transcode([recording], { outputFormat: 'mp4' });
    const shown = ['-show_entries', 'stream=level', '-of', 'csv=p=0'];
    expect(Number((await run('ffprobe', ['-v', 'error', ...shown, path])).stdout)).toBeLessThanOrEqual(13);
  });
});

describe('an output with a constant rate', () => {
  it('shows every frame of the bursts of a recording', async () => {
    const avi = await shop.transcode([bursts], { outputFormat: 'avi' });
    const joined = await shop.transcode([bursts, bursts], { outputFormat: 'mp4' });
    for (const { info } of [avi, joined]) expect(info.video[0]!.frameRate).toBeCloseTo(60, 3);
    const { plan } = await ladders.plan([bursts], {});
    expect(plan.args.join(' ')).toContain('fps=60:start_time=0');
  });

  it('repeats no frame of a recording whose motion does not require it', async () => {
    const { plan } = await ladders.plan([recording], {});
    expect(plan.args.join(' ')).toMatch(/fps=30(000\/1001)?:start_time=0/);
  });
});

describe('the frame rate of a preset', () => {
  it('is at most 60, or 120 with options', async () => {
    const fast = (rate: number) =>
      shop.make(`${rate}.mp4`, ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=${rate}:d=0.5`, '-preset', 'ultrafast']);
    for (const rate of [120, 480, 1000]) {
      const source = await fast(rate);
      const preset = await shop.transcode([source], { outputFormat: 'mp4', preset: { resolution: '480p' } });
      expect(preset.info.video[0]!.frameRate).toBeCloseTo(60, 1);
      const options = [{ option: '-crf', argument: 30 }];
      const raw = await shop.transcode([source], { outputFormat: 'mp4', options });
      expect(raw.info.video[0]!.frameRate).toBeCloseTo(120, 1);
    }
  });

  it('leaves the command of a source with a constant rate unchanged', async () => {
    const source = await shop.make('steady.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=50:d=0.5']);
    const { plan } = await shop.transcode([source], { outputFormat: 'webm' });
    expect(plan.args.some((arg) => /^-(fpsmax|enc_time_base)/.test(arg))).toBe(false);
  });
});

describe('a recording of MediaRecorder', () => {
  it('is accepted in every codec, and its frames keep their times', async () => {
    const browser = await openBrowser();
    try {
      const made = await recordCanvas(browser, shop.dir);
      expect(made.length).toBeGreaterThanOrEqual(3);
      for (const path of made) {
        const source = await rewritten(path);
        await expectSameTimes(source, (await shop.transcode([source], { outputFormat: 'mp4' })).path);
      }
    } finally {
      await browser.close();
    }
  });
});
