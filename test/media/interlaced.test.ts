import { mkdtemp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planTranscode } from '../../src/ffmpeg/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

/** Spots that move sideways. The detector of FFmpeg finds no fields in them unless they are interlaced. */
const moving = (width: number, height: number) =>
  `color=gray:s=${2 * width}x${height}:r=50:d=1,noise=alls=100:all_seed=1,gblur=4,eq=contrast=8,` +
  `crop=${width}:${height}:x='mod(n*6,${width})':y=0,format=yuv420p`;
const MOVING = moving(320, 240);
const lavfi = (graph: string) => ['-f', 'lavfi', '-i', graph];
const FIELDS = lavfi(`${MOVING},interlace`);
const FRAMES = lavfi(`${MOVING},fps=25`);
const DV = [...lavfi(`${moving(720, 576)},interlace`), '-c:v', 'dvvideo'];
const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
const FLAGS = ['-flags', '+ilme+ildct'];

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.remove());

/** Returns how many frames show two moments, and how many show one moment. */
async function combing(path: string): Promise<{ combed: number; clean: number }> {
  const filter = 'idet,metadata=print:file=-:key=lavfi.idet.single.current_frame';
  const args = ['-nostdin', '-v', 'error', '-i', path, '-vf', filter, '-f', 'null', '-'];
  const { stdout } = await run('ffmpeg', args);
  const count = (pattern: RegExp) => stdout.match(pattern)?.length ?? 0;
  return { combed: count(/current_frame=[tb]ff/g), clean: count(/current_frame=progressive/g) };
}

/** Returns how much neighboring lines of the first frame differ, relative to lines of the same field. Above 1, the frame is combed. */
async function roughnessOf(path: string): Promise<number> {
  const raw = `${path}.gray`;
  await run('ffmpeg', ['-v', 'error', '-y', '-i', path, ...'-frames:v 1 -pix_fmt gray -f rawvideo'.split(' '), raw]);
  const luma = await readFile(raw);
  const difference = (lines: number) =>
    luma.reduce((sum, value, at) => sum + Math.abs(value - (luma[at + lines * 320] ?? value)), 0);
  return difference(1) / difference(2);
}

describe('interlaced video', () => {
  it.each([
    ['H.264 with marked frames', 'marked.mp4', [...FIELDS, ...X264, ...FLAGS]],
    ['MPEG-2 with marked frames', 'marked.mpg', [...FIELDS, '-c:v', 'mpeg2video', '-q:v', '2', ...FLAGS]],
    ['DV, whose container declares no fields', 'dv.avi', DV],
    ['DV, whose container declares progressive video', 'dv.mov', DV],
    ['MPEG-4', 'mpeg4.avi', [...FIELDS, '-c:v', 'mpeg4', '-q:v', '2', ...FLAGS]],
  ])('of %s becomes progressive', async (_, name, args) => {
    const source = await shop.make(name, args);
    expect((await combing(source)).combed).toBeGreaterThan(15);
    const { path } = await shop.transcode([source], { outputFormat: 'mp4' });
    expect((await combing(path)).combed).toBeLessThan(3);
  });

  it.each([
    ['H.264', [...X264]],
    ['MPEG-2', ['-c:v', 'mpeg2video', '-q:v', '2']],
  ])('of %s that follows progressive video becomes progressive', async (codec, encoder) => {
    const first = await shop.make(`first-${codec}.ts`, [...FRAMES, ...encoder]);
    const second = await shop.make(`second-${codec}.ts`, [...FIELDS, ...encoder, ...FLAGS]);
    const source = await shop.make(`later-${codec}.ts`, ['-i', `concat:${first}|${second}`, '-c', 'copy']);
    expect((await combing(source)).combed).toBeGreaterThan(15);
    const { path } = await shop.transcode([source], { outputFormat: 'mp4' });
    const { combed, clean } = await combing(path);
    expect(combed).toBeLessThan(3);
    expect(clean).toBeGreaterThan(40);
  });

  it('becomes progressive before it enters a filter graph', async () => {
    const source = await shop.make('marked.mp4', [...FIELDS, ...X264, ...FLAGS]);
    const { path } = await shop.transcode([source], { outputFormat: 'mp4', filters: [{ filter: '[0:v]hflip[v]' }] });
    expect((await combing(path)).combed).toBeLessThan(3);
  });

  it('becomes progressive in thumbnails', async () => {
    const source = await shop.make('marked.mp4', [...FIELDS, ...X264, ...FLAGS]);
    const output = { outputFormat: 'jpg' as const, tiles: { format: 'thumbnails' as const, count: 3, width: 320 } };
    const context = { resourceClass: 'light' as const, cores: 2 };
    const plan = planTranscode({ inputs: [{ url: source }], ...output }, [await inspect(source)], context);
    const folder = await mkdtemp(join(shop.dir, 'thumbnails-'));
    const args = plan.args.map((arg) => (arg.startsWith('/out/') ? join(folder, basename(arg)) : arg));
    await run('ffmpeg', args);
    const roughness = await Promise.all([1, 2, 3].map((number) => roughnessOf(join(folder, `thumb-000${number}.jpg`))));
    for (const one of roughness) expect(one).toBeLessThan(1);
    expect(await roughnessOf(source)).toBeGreaterThan(1.5);
  });

  it('is not deinterlaced if the filters of the request process fields', async () => {
    const source = await shop.make('marked.mp4', [...FIELDS, ...X264, ...FLAGS]);
    const { plan } = await shop.transcode([source], {
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v]setfield=tff[v]' }],
    });
    expect(plan.args.join(' ')).not.toContain('bwdif');
  });
});

describe('the sanitizer', () => {
  it.each(['mp4', 'mkv'])('finds in a %s whether H.264 pictures may be coded as fields', async (type) => {
    const found = await Promise.all(
      [FLAGS, []].map(async (flags, index) => {
        const path = await shop.make(`${type}-${index}.${type}`, [...FIELDS, ...X264, ...flags]);
        const demuxer = type === 'mp4' ? 'mov' : 'matroska';
        return sanitizeFile({ path, demuxer, target: `${path}.container`, mediaBytes: 0 });
      }),
    );
    expect(found.map(({ corrections }) => corrections.mayHaveFields)).toEqual([true, false]);
  });
});

describe('progressive video that could be interlaced', () => {
  it('keeps its pixels', async () => {
    const source = await shop.make('progressive.mpg', [...FRAMES, '-c:v', 'mpeg2video', '-q:v', '2']);
    const options = [{ option: '-qp', argument: '0' }];
    const { plan, path } = await shop.transcode([source], { outputFormat: 'mp4', options });
    expect(plan.args.join(' ')).toContain('bwdif=mode=send_frame:deint=interlaced');
    const hashOf = async (file: string) => {
      const raw = ['-map', '0:v', '-c:v', 'rawvideo', '-fps_mode', 'passthrough', '-f', 'md5', '-'];
      return (await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, ...raw])).stdout;
    };
    expect(await hashOf(path)).toBe(await hashOf(source));
  });
});
