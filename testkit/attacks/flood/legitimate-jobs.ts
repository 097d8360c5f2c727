import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../../../src/contract/transcodes.ts';
import { run } from '../../run.ts';

/** An ordinary job and its expected output. */
export interface LegitimateJob {
  input: string;
  request: { outputFormat: string; [field: string]: unknown };
  /** Expected output: codec of the first stream, and optionally the width in pixels and the duration in seconds. */
  codec: string;
  width?: number;
  seconds?: number;
}

export const LEGITIMATE_JOBS: readonly LegitimateJob[] = [
  { input: 'clip.mp4', request: { outputFormat: 'mp4' }, codec: 'h264', width: 160, seconds: 1 },
  { input: 'clip.mkv', request: { outputFormat: 'mp3' }, codec: 'mp3', seconds: 1 },
  { input: 'clip.webm', request: { outputFormat: 'mp4' }, codec: 'h264', width: 160, seconds: 1 },
  { input: 'clip.ts', request: { outputFormat: 'jpg' }, codec: 'mjpeg', width: 160 },
  { input: 'tone.wav', request: { outputFormat: 'mp3' }, codec: 'mp3', seconds: 1 },
  { input: 'tone.flac', request: { outputFormat: 'wav' }, codec: 'pcm_s16le', seconds: 1 },
  { input: 'still.png', request: { outputFormat: 'jpg' }, codec: 'mjpeg', width: 160 },
  {
    input: 'clip.mp4',
    request: { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'scale=80:-2' }] },
    codec: 'h264',
    width: 80,
    seconds: 1,
  },
];

/** Downloads the output of a legitimate job and runs ffprobe on it. Returns the faults, or an empty list. */
export async function faultsOf(
  wanted: LegitimateJob,
  job: Job,
  location: { folder: string; downloadUrl: () => Promise<string> },
): Promise<string[]> {
  if (job.status !== 'completed') return [`${job.status}: ${job.error_code} ${job.error_message}`];
  const response = await fetch(await location.downloadUrl());
  const path = join(location.folder, job.id);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  const entries = ['-show_entries', 'stream=codec_name,width:format=duration'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, '-of', 'json', path]);
  const { streams, format } = JSON.parse(stdout);
  const faults = [];
  if (streams[0].codec_name !== wanted.codec) faults.push(`codec ${streams[0].codec_name}`);
  if (wanted.width && streams[0].width !== wanted.width) faults.push(`width ${streams[0].width}`);
  if (wanted.seconds && Math.abs(format.duration - wanted.seconds) > 0.15) faults.push(`lasts ${format.duration} s`);
  return faults;
}
