import { readFile, rm, stat } from 'node:fs/promises';
import { isFinal } from '../src/contract/common.ts';
import { makeMedia } from './media-cache.ts';
import { run } from './run.ts';
import type { TestService } from './service.ts';

/** Number of seconds of a long clip that are encoded. The clip repeats them. */
const ENCODED = 2;

/** Creates a small clip from FFmpeg's test sources, with video and a tone. A long clip without a tone repeats a short clip. */
export async function makeClip(
  path: string,
  options: { seconds?: number; size?: string; rate?: number; audio?: boolean; args?: string[] } = {},
): Promise<string> {
  const { seconds = 1, size = '320x180', rate = 25, audio = true, args = [] } = options;
  if (!audio && seconds > 10) {
    const part = `${path}.part.mkv`;
    await makeClip(part, { seconds: ENCODED, size, rate, audio });
    const repeat = ['-stream_loop', '-1', '-i', part, '-t', String(seconds), '-c', 'copy'];
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...repeat, ...args, path]);
    await rm(part);
    return path;
  }
  await makeMedia(path, [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
    ...(audio ? ['-f', 'lavfi', '-i', `sine=d=${seconds}`] : []),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-shortest', ...args],
  ]);
  return path;
}

/** Returns the streams and the format of a file, from ffprobe. */
// biome-ignore lint/suspicious/noExplicitAny: looked at field by field
export async function ffprobe(path: string): Promise<any> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path]);
  return JSON.parse(stdout);
}

/** Returns the hash, time and duration of every decoded picture and block of samples. */
export async function frameHashes(path: string, options: readonly string[] = []): Promise<string[]> {
  const args = [
    '-nostdin',
    '-v',
    'error',
    ...options,
    '-i',
    path,
    '-map',
    '0:v?',
    '-map',
    '0:a?',
    '-fps_mode',
    'passthrough',
  ];
  const { stdout } = await run('ffmpeg', [...args, '-f', 'framemd5', '-'], { maxBuffer: 2 ** 24 });
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Presigns, uploads and confirms a file. Returns its gs:// URL and its stored name. */
export async function upload(
  service: TestService,
  path: string,
  contentType = 'video/mp4',
  filename = 'clip.mp4',
): Promise<{ fileUrl: string; filename: string; uploadUrl: string }> {
  const fileSize = (await stat(path)).size;
  const presigned = await service.call('POST', '/v1/upload/presigned-url', { filename, contentType, fileSize });
  if (presigned.status !== 200) throw new Error(`presign: ${presigned.text}`);
  const { uploadUrl, headers, filename: stored } = presigned.json.result;
  const put = await fetch(uploadUrl, {
    method: 'PUT',
    headers: { 'content-type': contentType, ...headers },
    body: await readFile(path),
  });
  if (put.status !== 200) throw new Error(`put: ${put.status} ${await put.text()}`);
  const confirmed = await service.call('POST', '/v1/upload/confirm', { filename: stored, fileSize });
  if (confirmed.status !== 200) throw new Error(`confirm: ${confirmed.text}`);
  return { fileUrl: confirmed.json.result.fileUrl, filename: stored, uploadUrl };
}

/** Creates a job and waits until it is final. */
// biome-ignore lint/suspicious/noExplicitAny: looked at field by field
export async function transcode(service: TestService, body: unknown): Promise<any> {
  const created = await service.call('POST', '/v1/transcodes?wait=60', body);
  if (created.status !== 201) throw new Error(`create: ${created.status} ${created.text}`);
  return waitUntilFinal(service, '/v1/transcodes', created.json);
}

/** Reads a job below `path` until it is final. A single request with `wait` may end earlier on a busy machine. */
// biome-ignore lint/suspicious/noExplicitAny: looked at field by field
export async function waitUntilFinal({ call }: Pick<TestService, 'call'>, path: string, created: any): Promise<any> {
  let job = created;
  for (let reads = 0; reads < 5 && !isFinal(job.status); reads += 1) {
    const read = await call('GET', `${path}/${job.id}?wait=60`);
    if (read.status !== 200) throw new Error(`read: ${read.status} ${read.text}`);
    job = read.json;
  }
  return job;
}
