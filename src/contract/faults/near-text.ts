import { OUTPUT_CONTENT_TYPES } from '../formats.ts';
import { nearestName } from './near-name.ts';

/** Texts that other services, tools and people use for a value. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  mp4: ['m4v', 'mpg', 'mpeg', 'h264', 'avc', 'h265', 'hevc', 'wmv', 'flv', '3gp', 'hls', 'm3u8', 'dash', 'ts'],
  mkv: ['matroska'],
  mov: ['quicktime', 'prores'],
  mp3: ['mp2', 'mpga', 'wma', 'audio'],
  m4a: ['alac', 'm4b'],
  wav: ['aiff', 'aif', 'pcm', 'wave'],
  ogg: ['oga', 'vorbis'],
  jpg: ['jfif', 'heic', 'avif', 'image'],
  png: ['apng', 'bmp', 'tiff', 'tif'],
  high: ['best', 'max', 'maximum', 'lossless', 'hq'],
  medium: ['normal', 'default', 'standard', 'mid', 'auto'],
  low: ['worst', 'lowest', 'min', 'minimum', 'lq'],
  '480p': ['sd'],
  '720p': ['hd'],
  '1080p': ['fhd', 'fullhd'],
  '4k': ['uhd', '2160', '2160p'],
  pending: ['queued', 'waiting', 'created'],
  processing: ['running', 'active', 'started', 'inprogress'],
  completed: ['complete', 'done', 'success', 'succeeded', 'finished', 'ok'],
  failed: ['error', 'errored', 'failure'],
  canceled: ['cancelled', 'aborted', 'stopped'],
};

/** Returns the text among `values` that was probably meant. Returns null if there is none. */
export function nearText(sent: string, values: readonly unknown[]): string | null {
  const known = values.filter((value) => typeof value === 'string');
  const text = sent.slice(0, 128).trim().toLowerCase().replace(/^\./, '');
  const short = fromContentType(text) ?? fromSize(text) ?? text;
  const plain = short.replaceAll(/[_ -]/g, '');
  const other = known.find((name) => OTHER_NAMES[name]?.includes(plain));
  return known.find((name) => name.toLowerCase() === short) ?? other ?? nearestName(short, known);
}

/** Returns the format or the subtype of a media type, such as `mov` for `video/quicktime`. Returns null for other texts. */
function fromContentType(text: string): string | null {
  const type = text.split(';', 1)[0]!;
  const subtype = /^(?:video|audio|image)\/(?:x-)?([\w.+-]+)$/.exec(type)?.[1];
  if (subtype === undefined) return null;
  const formats = Object.entries(OUTPUT_CONTENT_TYPES);
  return formats.find(([, contentType]) => contentType === type)?.[0] ?? subtype;
}

/** Returns the resolution of a frame by its short side, such as `1080p` for `1920x1080`. Returns null for other texts. */
function fromSize(text: string): string | null {
  const sides = /^(\d{2,5})\s*[x×:*]\s*(\d{2,5})$/.exec(text);
  return sides && `${Math.min(Number(sides[1]), Number(sides[2]))}p`;
}
