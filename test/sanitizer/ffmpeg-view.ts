import { readFile } from 'node:fs/promises';
import { type MediaInfo, parseProbe } from '../../src/ffmpeg/index.ts';
import { run } from '../../testkit/run.ts';
import { probed } from './info-differences.ts';

/** Options before each input: for all frames, for the frames after a seek, and for the frames of a looped file. */
const WAYS = { frames: [], sought: ['-ss', '0.5'], looped: ['-stream_loop', '1'] } as const;

export interface MediaFile {
  path: string;
  demuxer: string;
}

/** Everything that FFmpeg reads from a file and on which a transcode could depend: streams, packets, frames and seeking. */
export type FfmpegView = Record<string, unknown> & { packets: Entry[]; streams: Entry[] };
type Entry = Record<string, unknown>;

/** Decodes all files in one process, because a process spends most of its time starting. `info` is what the worker would store. */
export async function ffmpegViews(files: readonly MediaFile[]): Promise<{ view: FfmpegView; info: MediaInfo }[]> {
  const [decoded, probed] = await Promise.all([decodeAll(files), Promise.all(files.map(probe))]);
  return probed.map(({ view, info }, index) => ({ view: { ...view, ...decoded[index]! }, info }));
}

async function probe({ path, demuxer }: MediaFile): Promise<{ view: FfmpegView; info: MediaInfo }> {
  const shown = ['-show_streams', '-show_packets', '-show_format', '-of', 'json'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...shown, '-f', demuxer, '-i', path], { maxBuffer: 2 ** 26 });
  const { streams, packets, format } = JSON.parse(stdout);
  const view = {
    streams: streams.filter(media).map(plain),
    packets: packets.filter(media).map(plain),
    duration: format.duration,
    start: format.start_time,
  };
  const sizeBytes = Number(format.size);
  // When ffprobe lists packets, it changes the bit rate of ADTS with each packet, so the bit rate is read separately.
  const plainly = demuxer === 'aac' ? await probed(path, demuxer, sizeBytes) : null;
  return { view, info: plainly ?? parseProbe(stdout, { sizeBytes, demuxer }) };
}

async function decodeAll(files: readonly MediaFile[]): Promise<Record<keyof typeof WAYS, string>[]> {
  if (files.length === 0) return [];
  const decodings = files.flatMap(({ path, demuxer }) =>
    Object.entries(WAYS).map(([way, before]) => ({ path, demuxer, before, to: `${path}.${way}` })),
  );
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y'],
    ...decodings.flatMap(({ path, demuxer, before }) => ['-threads', '1', ...before, '-f', demuxer, '-i', path]),
    ...decodings.flatMap(({ to }, index) => ['-map', `${index}:v?`, '-map', `${index}:a?`, '-f', 'framemd5', to]),
  ]);
  return Promise.all(
    files.map(async ({ path }) => ({
      frames: await readFile(`${path}.frames`, 'utf8'),
      sought: await readFile(`${path}.sought`, 'utf8'),
      looped: await readFile(`${path}.looped`, 'utf8'),
    })),
  );
}

const media = ({ codec_type }: Entry) => codec_type === 'video' || codec_type === 'audio';

/** Omits properties of the container: positions, free text, and the container's own numbers. */
function plain(entry: Entry): Entry {
  const { pos: _, tags: __, id: ___, extradata_size: ____, ...rest } = entry;
  return rest;
}
