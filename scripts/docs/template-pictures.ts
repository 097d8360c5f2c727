/*
 * Makes the pictures of the built-in templates in docs/images: runs each template on a drawn clip, and arranges its outputs.
 *   npx tsx scripts/docs/template-pictures.ts [folder]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../../src/config/root.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { startService } from '../../testkit/service.ts';

/** Width of a strip in pixels. On a screen of high density, browsers show the strip at half this size. */
const WIDTH = 1200;
const JPEG_QUALITY = 78;
const STYLE = `
  body { margin: 0; width: ${WIDTH}px; background: #f6f7f8; color: #162024; font: 20px/1.3 system-ui, sans-serif; }
  main { display: flex; gap: 24px; padding: 24px; align-items: end; justify-content: center; }
  figure { margin: 0; }
  img { display: block; border-radius: 6px; }
  figcaption { padding-top: 8px; text-align: center; color: #566268; font-size: 18px; }
  .arrow { align-self: center; color: #566268; font-size: 36px; }`;

const SMALL = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

/** Filter that turns the green of FFmpeg's fractal to blue. */
const CALM = 'hue=h=105:s=0.5';

/** A picture with its height in a strip and its caption. */
interface Figure {
  file: string;
  height: number;
  caption: string;
}

let count = 0;
const folder = process.argv[2] ?? join(projectRoot(), 'docs', 'images');
const scratch = mkdtempSync(join(tmpdir(), 'airlock-templates-'));
const service = await startService();
const browser = await openBrowser();
try {
  const [video, sound] = [await drawVideo(), await drawSound()];
  await strip('web', await webFigures(video));
  await strip('hls', await ladderFigures(video));
  await strip('social-9x16', await verticalFigures(video));
  await strip('podcast', await soundFigures('podcast', sound, 'mp3'));
  await strip('voice', await soundFigures('voice', sound, 'opus'));
  await strip('archive', await archiveFigures(video));
} finally {
  await browser.close();
  await service.remove();
  rmSync(scratch, { recursive: true, force: true });
}

/** Draws three seconds of video in 1080p. */
async function drawVideo(): Promise<string> {
  const path = join(scratch, 'source.mp4');
  const scene = 'mandelbrot=s=1920x1080:r=10:start_scale=0.6:end_scale=0.05:end_pts=30:maxiter=300';
  await ffmpeg(['-f', 'lavfi', '-i', scene, '-f', 'lavfi', '-i', 'sine=d=3', '-t', '3', '-vf', CALM, ...SMALL, path]);
  return path;
}

/** Makes eight seconds of a sound that resembles speech: bursts of different loudness, on average too quiet. */
async function drawSound(): Promise<string> {
  const path = join(scratch, 'source.wav');
  const bursts = '0.35*sin(2*PI*180*t)*pow(max(0,sin(2*PI*1.7*t)),2)*(0.12+0.5*pow(sin(2*PI*t/8),2))';
  await ffmpeg(['-f', 'lavfi', '-i', `aevalsrc='${bursts}|${bursts}':s=48000:d=8`, path]);
  return path;
}

async function webFigures(source: string): Promise<Figure[]> {
  const made = await apply('web', source, 'video/mp4', 'mp4');
  const times = ['0.3', '1.3', '2.3'];
  return Promise.all(times.map(async (at) => ({ file: await still(made, at), height: 200, caption: `at ${at} s` })));
}

/** Returns a picture of each rendition, with sizes in proportion to the renditions. */
async function ladderFigures(source: string): Promise<Figure[]> {
  const directory = await apply('hls', source, 'video/mp4', null);
  const master = await readFile(join(directory, 'master.m3u8'), 'utf8');
  const heights = [...master.matchAll(/^(\d+)p\/index\.m3u8$/gm)].map(([, height]) => Number(height));
  heights.sort((a, b) => b - a);
  return Promise.all(
    heights.map(async (height) => ({
      file: await still(await firstSegment(join(directory, `${height}p`)), '1'),
      height: Math.round((height / heights[0]!) * 236),
      caption: `${height}p`,
    })),
  );
}

/** Writes the first seconds of a rendition to one file. */
async function firstSegment(directory: string): Promise<string> {
  const path = join(directory, 'start.mp4');
  const parts = await Promise.all(['init.mp4', 'segment-00001.m4s'].map((name) => readFile(join(directory, name))));
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

async function verticalFigures(source: string): Promise<Figure[]> {
  const made = await apply('social-9x16', source, 'video/mp4', 'mp4');
  return [
    { file: await still(source, '1'), height: 220, caption: 'the source' },
    { file: await still(made, '1'), height: 420, caption: '1080x1920' },
    { file: await still(made, '2'), height: 420, caption: '1080x1920' },
  ];
}

async function soundFigures(name: string, source: string, format: string): Promise<Figure[]> {
  const made = await apply(name, source, 'audio/wav', format);
  return [
    { file: await waveform(source), height: 150, caption: `the source, ${await loudness(source)} LUFS` },
    { file: await waveform(made), height: 150, caption: `${format}, ${await loudness(made)} LUFS` },
  ];
}

async function archiveFigures(source: string): Promise<Figure[]> {
  const made = await apply('archive', source, 'video/mp4', 'mkv');
  const difference = join(scratch, 'difference.png');
  const graph = '[0:v]format=gbrp[a];[1:v]format=gbrp[b];[a][b]blend=all_mode=difference';
  await ffmpeg(['-i', source, '-i', made, '-filter_complex', graph, '-frames:v', '1', difference]);
  return [
    { file: await still(source, '1'), height: 200, caption: 'the source' },
    { file: await still(made, '1'), height: 200, caption: 'FFV1 in Matroska' },
    { file: difference, height: 200, caption: 'their difference: none' },
  ];
}

/** Runs a template, and returns the file that it made, or the directory if `format` is null. */
async function apply(name: string, source: string, type: string, format: string | null): Promise<string> {
  const { fileUrl: url } = await upload(service, source, type, basename(source));
  const body = { inputs: [{ url }], template: `airlock/${name}` };
  let { json: job } = await service.call('POST', '/v1/transcodes?wait=60', body);
  while (job.status === 'pending' || job.status === 'processing')
    ({ json: job } = await service.call('GET', `/v1/transcodes/${job.id}?wait=60`));
  if (job.status !== 'completed') throw new Error(`${name}: ${job.error_message}`);
  const target = join(scratch, `${name}${format === null ? '' : `.${format}`}`);
  if (format !== null) return save(`/v1/transcodes/${job.id}/download`, target);
  const { json: files } = await service.call('GET', `/v1/transcodes/${job.id}/files?limit=1000`);
  for (const { path } of files.items)
    await save(`/v1/transcodes/${job.id}/download?file=${encodeURIComponent(path)}`, join(target, path));
  return target;
}

async function save(path: string, target: string): Promise<string> {
  const { json } = await service.call('GET', path);
  await mkdir(dirname(target), { recursive: true });
  writeFileSync(target, Buffer.from(await (await fetch(json.url)).arrayBuffer()));
  return target;
}

async function still(source: string, at: string): Promise<string> {
  const path = join(scratch, `still-${++count}.png`);
  await ffmpeg(['-ss', at, '-i', source, '-frames:v', '1', '-vf', 'scale=640:-2', path]);
  return path;
}

async function waveform(source: string): Promise<string> {
  const path = join(scratch, `wave-${++count}.png`);
  const picture = 'aformat=channel_layouts=mono,showwavespic=s=540x150:colors=#0b6b74:scale=sqrt';
  await ffmpeg(['-i', source, '-filter_complex', picture, '-frames:v', '1', path]);
  return path;
}

/** Returns the integrated loudness as EBU R128 measures it, in whole LUFS. */
async function loudness(source: string): Promise<number> {
  const { stderr } = await run('ffmpeg', [
    ...['-hide_banner', '-i', source],
    '-af',
    'ebur128=dualmono=true',
    '-f',
    'null',
    '-',
  ]);
  return Math.round(Number(/I:\s+(-?[\d.]+) LUFS(?![\s\S]*I:\s+-?[\d.]+ LUFS)/.exec(stderr)![1]));
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-y', ...args], { timeout: 120_000, maxBuffer: 2 ** 24 });
}

/** Makes a picture of the figures in a row. */
async function strip(name: string, figures: readonly Figure[]): Promise<void> {
  const shown = await Promise.all(
    figures.map(async ({ file, height, caption }) => {
      const data = (await readFile(file)).toString('base64');
      return `<figure><img src="data:image/png;base64,${data}" height="${height}"><figcaption>${caption}</figcaption></figure>`;
    }),
  );
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 100 } });
  await page.setContent(`<style>${STYLE}</style><main>${shown.join('')}</main>`);
  const path = join(folder, `template-${name}.jpg`);
  await page.locator('main').screenshot({ path, type: 'jpeg', quality: JPEG_QUALITY });
  await page.close();
  process.stdout.write(`${path}\n`);
}
