import { stat } from 'node:fs/promises';
import type { Probe, Schemas } from '../../../sdk/src/index.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import type { Config } from '../../config/config.ts';
import { detectMedia, unsupportedReason } from '../../ffmpeg/index.ts';
import { connect } from '../connect.ts';
import { EXIT, UsageError } from '../exit.ts';
import { write } from '../printing.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { byteText, clock, stages } from '../stages.ts';
import { out } from '../style.ts';
import { type Column, facts, table } from '../table.ts';

type Stream = Schemas['ProbedStream'];

const COLUMNS: readonly Column<Stream>[] = [
  { title: '#', value: ({ index }) => index, right: true },
  { title: 'type', value: ({ type, is_cover }) => (is_cover ? 'cover' : type) },
  { title: 'codec', value: ({ codec, profile }) => [codec, profile].filter(Boolean).join(' '), least: 8 },
  { title: 'picture or sound', value: pictureOrSound, least: 16 },
  { title: 'color', value: color, drop: 1 },
  { title: 'bit rate', value: ({ bit_rate }) => bit_rate && bitRate(bit_rate), right: true, drop: 2 },
  { title: 'language', value: ({ language }) => language, drop: 3 },
];

/**
 * Describes a local file, or a file at a URL. Uploads a local file, and deletes the upload afterwards. Reads only parts of a file at a URL.
 */
export async function probeCommand(
  config: Config,
  source: string,
  options: { json?: boolean; account?: string },
): Promise<number> {
  const isRemote = /^(https?|gs):\/\//i.test(source);
  const contentType = isRemote ? undefined : await typeOf(source);
  const display = openProgressDisplay(!options.json);
  const show = stages();
  const scopes = ['read', 'upload', 'transcode'] as const;
  try {
    return await connect(config, { scopes, account: options.account, start: true }, async ({ airlock, signal }) => {
      if (isRemote) display.show({ name: 'Reading', note: 'the server reads parts of the file' });
      const onProgress = (progress: Parameters<typeof show>[0]) => display.show(show(progress));
      const probe = await airlock.probe(source, { signal, onProgress, contentType });
      display.stop();
      if (options.json) write(JSON.stringify(probe));
      else process.stdout.write(probeText(probe));
      return EXIT.ok;
    });
  } finally {
    display.stop();
  }
}

async function typeOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new UsageError(`${path} does not exist or is not a file.`);
  const { head } = await readHead(path);
  const detected = await detectMedia(head);
  if (!detected) throw new UsageError(`${path} ${await unsupportedReason(head)}`);
  return detected.mime;
}

function probeText(probe: Probe): string {
  const { format, duration_seconds: duration, size_bytes: size, bit_rate: rate, container, streams } = probe;
  const rows = [
    ['format', format],
    ['duration', duration === null ? null : `${clock(duration)} (${duration} s)`],
    ['size', size === null ? null : `${byteText(size)} (${size} bytes)`],
    ['bit rate', rate && bitRate(rate)],
    ['subtitles', probe.subtitle_count > 0 ? probe.subtitle_count : null],
    [
      'container',
      container && (container === 'rewritten' ? 'is remuxed before FFmpeg reads it' : 'is read by FFmpeg as it is'),
    ],
  ] as [string, string | number | null][];
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  return `${facts(rows, out.dim)}\n${table(streams, COLUMNS, width, out.bold)}`;
}

function pictureOrSound(stream: Stream): string {
  const { width, height, display_width, display_height, fps, rotation, channels, sample_rate } = stream;
  if (stream.type === 'audio') {
    const named: Record<number, string> = { 1: 'mono', 2: 'stereo', 6: '5.1', 8: '7.1' };
    const layout = channels === null ? null : (named[channels] ?? `${channels} channels`);
    return [layout, sample_rate && `${sample_rate} Hz`].filter(Boolean).join(', ');
  }
  const shown =
    display_width !== width || display_height !== height ? `shown ${display_width}×${display_height}` : null;
  const turned = rotation ? `turned ${rotation}°` : null;
  const rate = fps === null ? null : `${Number(fps.toFixed(3))} fps`;
  return [`${width}×${height}`, shown, turned, rate, stream.is_interlaced ? 'interlaced' : null]
    .filter(Boolean)
    .join(', ');
}

function color({ type, pixel_format, is_hdr, has_alpha }: Stream): string | null {
  if (type === 'audio') return null;
  return [pixel_format, is_hdr ? 'HDR' : null, has_alpha ? 'alpha' : null].filter(Boolean).join(', ') || null;
}

function bitRate(bits: number): string {
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits / 1e3)} kbit/s`;
}
