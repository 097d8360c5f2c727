import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Everything of a file that a transcode could depend on, as FFmpeg sees it: streams, packets, frames, seeking. */
export async function everythingOf(path: string, demuxer: string): Promise<Record<string, unknown>> {
  const input = ['-f', demuxer, '-i', path];
  const decode = async (...before: string[]) => {
    const args = [
      '-nostdin',
      '-v',
      'error',
      ...before,
      ...input,
      '-map',
      '0:v?',
      '-map',
      '0:a?',
      '-f',
      'framemd5',
      '-',
    ];
    const { stdout } = await run('ffmpeg', args, { maxBuffer: 2 ** 26 });
    return stdout;
  };
  const [probe, frames, sought, looped] = await Promise.all([
    run('ffprobe', ['-v', 'error', '-show_streams', '-show_packets', '-show_format', '-of', 'json', ...input], {
      maxBuffer: 2 ** 26,
    }),
    decode(),
    decode('-ss', '0.5'),
    decode('-stream_loop', '1'),
  ]);
  const { streams, packets, format } = JSON.parse(probe.stdout);
  return {
    streams: streams.filter(media).map(plain),
    packets: packets.filter(media).map(plain),
    duration: format.duration,
    start: format.start_time,
    frames,
    sought,
    looped,
  };
}

const media = ({ codec_type }: { codec_type: string }) => codec_type === 'video' || codec_type === 'audio';

/** Without what tells of the container and not of the media: places, free text, and numbers of the container's own. */
function plain(entry: Record<string, unknown>): Record<string, unknown> {
  const { pos: _, tags: __, id: ___, extradata_size: ____, ...rest } = entry;
  return rest;
}
