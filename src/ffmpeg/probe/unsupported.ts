import { namedType } from './signature.ts';

/** A kind of file that Airlock does not support. */
interface UnsupportedKind {
  /** Name with its article. */
  name: string;
  /** Sentence that describes what a person can do instead. */
  advice: string;
  /** Content types that signatures imply or that people declare. */
  types: readonly string[];
}

const convert = (format: string) => `Convert it to ${format}.`;

const KINDS: readonly UnsupportedKind[] = [
  {
    name: 'a Windows Media file (WMV, WMA or ASF)',
    advice: convert('MP4 or MP3'),
    types: ['application/vnd.ms-asf', 'video/x-ms-asf', 'audio/x-ms-asf', 'video/x-ms-wmv', 'audio/x-ms-wma'],
  },
  {
    name: 'a RealMedia file',
    advice: convert('MP4 or MP3'),
    types: ['application/vnd.rn-realmedia', 'audio/x-pn-realaudio', 'audio/vnd.rn-realaudio', 'video/vnd.rn-realvideo'],
  },
  { name: 'an MXF file', advice: convert('MOV or MP4'), types: ['application/mxf', 'video/mxf'] },
  { name: 'a Flash file (SWF)', advice: convert('MP4'), types: ['application/x-shockwave-flash'] },
  { name: 'a BMP picture', advice: convert('PNG'), types: ['image/bmp', 'image/x-bmp', 'image/x-ms-bmp'] },
  { name: 'a TIFF picture', advice: convert('PNG'), types: ['image/tiff', 'image/x-tiff'] },
  {
    name: 'a Photoshop document (PSD)',
    advice: convert('PNG'),
    types: ['image/vnd.adobe.photoshop', 'image/x-photoshop', 'application/x-photoshop'],
  },
  {
    name: 'a raw camera picture',
    advice: convert('JPEG'),
    types: 'canon-cr2 canon-cr3 olympus-orf sony-arw adobe-dng nikon-nef panasonic-rw2 fujifilm-raf'
      .split(' ')
      .map((name) => `image/x-${name}`),
  },
  { name: 'a JPEG XL picture', advice: convert('PNG or JPEG'), types: ['image/jxl'] },
  {
    name: 'a JPEG 2000 picture',
    advice: convert('PNG or JPEG'),
    types: ['image/jp2', 'image/jpx', 'image/jpm', 'image/j2c'],
  },
  { name: 'an icon file', advice: convert('PNG'), types: ['image/x-icon', 'image/vnd.microsoft.icon', 'image/icns'] },
  { name: 'an SVG drawing', advice: convert('PNG'), types: ['image/svg+xml'] },
  {
    name: 'a PDF or PostScript document',
    advice: 'Convert its pages to PNG.',
    types: ['application/pdf', 'application/postscript', 'application/eps'],
  },
  { name: 'an AIFF file', advice: convert('WAV or FLAC'), types: ['audio/aiff', 'audio/x-aiff'] },
  {
    name: 'a MIDI file, which contains notes instead of sound',
    advice: 'Render it as WAV or MP3.',
    types: ['audio/midi', 'audio/mid', 'audio/x-midi', 'audio/sp-midi'],
  },
  { name: 'an AMR recording', advice: convert('MP3 or M4A'), types: ['audio/amr', 'audio/amr-wb', 'audio/qcelp'] },
  {
    name: 'an audio file of a rare format',
    advice: convert('FLAC or MP3'),
    types: 'audio/ape audio/wavpack audio/x-musepack audio/x-dsf audio/x-voc audio/ac3 audio/vnd.dolby.dd-raw'.split(
      ' ',
    ),
  },
  {
    name: 'an archive',
    advice: 'Extract the media file, and send it instead.',
    types: 'zip x-zip-compressed x-tar x-rar-compressed vnd.rar gzip x-bzip2 x-7z-compressed x-xz zstd'
      .split(' ')
      .map((name) => `application/${name}`),
  },
  { name: 'a web page (HTML)', advice: 'Send the media file instead of a page that shows it.', types: ['text/html'] },
  {
    name: 'a playlist or manifest (HLS or DASH)',
    advice: 'Send the media files that it lists.',
    types: ['application/vnd.apple.mpegurl', 'application/x-mpegurl', 'audio/mpegurl', 'application/dash+xml'],
  },
];

/** Starts of files that file-type does not detect, or detects only with more bytes. */
const STARTS: readonly (readonly [start: RegExp, type: string])[] = [
  [/^\s*<(!doctype\s+html|html)\b/i, 'text/html'],
  [/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<svg\b/i, 'image/svg+xml'],
  [/^0&\xb2u\x8ef\xcf\x11/, 'application/vnd.ms-asf'],
  [/^#EXTM3U\b/, 'application/vnd.apple.mpegurl'],
  [/^(<\?xml[^>]*>\s*)?<MPD\b/, 'application/dash+xml'],
];
const START_BYTES = 1024;

/** Returns the kind of file of a content type that Airlock does not support, and what to do instead; null for other types. */
export function unsupportedKind(contentType: string): Pick<UnsupportedKind, 'name' | 'advice'> | null {
  return KINDS.find(({ types }) => types.includes(contentType)) ?? null;
}

/**
 * Returns why Airlock does not support a file for which `detectMedia` returned null, from the first bytes of the file. The result continues
 * a sentence after its subject, and may contain more sentences. Never throws.
 */
export async function unsupportedReason(head: Uint8Array): Promise<string> {
  const text = Buffer.from(head.subarray(0, START_BYTES))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
  const type = STARTS.find(([start]) => start.test(text))?.[1] ?? (await namedType(head));
  const kind = type === null ? null : unsupportedKind(type);
  return kind
    ? `is ${kind.name}. Airlock doesn't support such files. ${kind.advice}`
    : 'is not a supported media file.';
}
