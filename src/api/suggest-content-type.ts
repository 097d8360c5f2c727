import { nearestName } from '../contract/faults/near-name.ts';
import { UPLOAD_CONTENT_TYPES } from '../contract/formats.ts';

/** Other common content types, which operating systems, browsers and people use, by the accepted type for the same files. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  'video/mp4': ['video/m4v', 'application/mp4', 'video/mpeg4', 'video/h264'],
  'video/quicktime': ['video/mov', 'video/x-mov', 'video/x-quicktime', 'video/qt'],
  'video/x-msvideo': ['video/msvideo', 'application/x-troff-msvideo'],
  'video/x-matroska': ['video/x-mkv', 'application/x-matroska'],
  'video/mpeg': ['video/mpg', 'video/x-mpeg', 'video/mp2p', 'video/dvd'],
  'video/mp2t': ['video/ts', 'video/mpegts', 'video/m2ts'],
  'video/x-flv': ['video/flv'],
  'video/3gpp': ['video/3gp', 'audio/3gpp'],
  'audio/mpeg': ['audio/mp3', 'audio/x-mp3', 'audio/x-mpeg', 'audio/mpeg3', 'audio/mpg', 'audio/mpga'],
  'audio/mp4': ['audio/m4a', 'audio/m4b', 'audio/alac'],
  'audio/aac': ['audio/x-aac', 'audio/aacp', 'audio/x-hx-aac-adts'],
  'audio/wav': ['audio/wave', 'audio/x-pn-wav'],
  'audio/ogg': ['application/ogg', 'audio/vorbis', 'audio/x-ogg', 'audio/oga'],
  'image/jpeg': ['image/jpg', 'image/pjpeg', 'image/jfif'],
  'image/png': ['image/x-png', 'image/apng'],
  'application/x-subrip': ['text/srt', 'application/srt', 'text/x-srt', 'application/x-srt', 'text/subrip'],
  'text/vtt': ['text/webvtt', 'application/vtt', 'application/webvtt'],
  'text/x-ass': ['text/ass', 'application/x-ass', 'text/ssa'],
};

/** Whether a type is a sequence of HEIC or AVIF pictures. Only stills of these formats are supported. */
export const isPictureSequence = (sent: string): boolean =>
  /^image\/(?:heic|heif|avif)-sequence(?:;|$)/i.test(sent.trim());

/** Returns a content type without parameters, in lower case. */
export function plainContentType(sent: string): string {
  return sent.slice(0, 128).split(';', 1)[0]!.trim().toLowerCase();
}

/** Returns the accepted content type that was probably meant, ignoring parameters and case. Returns null if there is none. */
export function suggestContentType(sent: string): string | null {
  const type = plainContentType(sent);
  const known: readonly string[] = UPLOAD_CONTENT_TYPES;
  if (known.includes(type)) return type;
  const other = known.find((name) => OTHER_NAMES[name]?.includes(type));
  const [kind, subtype] = type.split('/');
  if (other || kind === undefined || subtype === undefined) return other ?? null;
  return nearestName(
    type,
    known.filter((name) => name.startsWith(`${kind}/`)),
  );
}
