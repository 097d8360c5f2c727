/** Output formats, in the order in which the documentation lists them. */
export const VIDEO_FORMATS = ['mp4', 'webm', 'mov', 'avi', 'mkv'] as const;
export const AUDIO_FORMATS = ['mp3', 'm4a', 'aac', 'wav', 'ogg', 'opus', 'flac'] as const;
export const IMAGE_FORMATS = ['jpg', 'png', 'gif', 'webp'] as const;
export const OUTPUT_FORMATS = [...VIDEO_FORMATS, ...AUDIO_FORMATS, ...IMAGE_FORMATS] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Formats with many pictures of a video: one image per picture, or sheets with a WebVTT file. */
export const TILE_FORMATS = ['thumbnails', 'sprite'] as const;
export type TileFormat = (typeof TILE_FORMATS)[number];

export function isTileFormat(format: unknown): format is TileFormat {
  return (TILE_FORMATS as readonly unknown[]).includes(format);
}

/** Streaming formats: an output with many files, with a rendition for each rung of a ladder. */
export const LADDER_FORMATS = ['hls', 'dash', 'cmaf'] as const;
export type LadderFormat = (typeof LADDER_FORMATS)[number];
export const LADDER_CODECS = ['h264', 'hevc', 'av1', 'vp9'] as const;
export type LadderCodec = (typeof LADDER_CODECS)[number];

export function isLadderFormat(format: unknown): format is LadderFormat {
  return (LADDER_FORMATS as readonly unknown[]).includes(format);
}

/** Formats of captions of the speech in another output of the same job. */
export const TEXT_FORMATS = ['srt', 'vtt'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

export function isTextFormat(format: unknown): format is TextFormat {
  return (TEXT_FORMATS as readonly unknown[]).includes(format);
}

/** The value of `subtitles` that adds subtitles of the speech to a ladder. */
export const TRANSCRIBED = 'transcribe';

export type FormatKind = 'video' | 'audio' | 'image';

export function formatKind(format: OutputFormat): FormatKind {
  if ((VIDEO_FORMATS as readonly string[]).includes(format)) return 'video';
  if ((AUDIO_FORMATS as readonly string[]).includes(format)) return 'audio';
  return 'image';
}

/** The content type with which an output of this format is stored and served. */
export const OUTPUT_CONTENT_TYPES: Readonly<Record<OutputFormat, string>> = {
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
  avi: 'video/x-msvideo',
  mkv: 'video/x-matroska',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  opus: 'audio/opus',
  flac: 'audio/flac',
  jpg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
};

/** Content types that an upload may declare, with the names that Airlock shows. */
const MAIN_CONTENT_TYPES = [
  'video/mp4',
  'video/webm',
  'video/quicktime',
  'video/x-msvideo',
  'video/x-matroska',
  'video/mkv',
  'video/avi',
  'video/mpeg',
  'video/mp2t',
  'video/x-flv',
  'video/3gpp',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/wav',
  'audio/x-wav',
  'audio/ogg',
  'audio/opus',
  'audio/flac',
  'audio/webm',
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/heic',
  'image/heif',
  'application/x-subrip',
  'text/vtt',
  'text/x-ass',
] as const;

/** Other names that browsers and operating systems send for some of these types. */
const CONTENT_TYPE_ALIASES = {
  'video/x-m4v': 'video/mp4',
  'video/matroska': 'video/x-matroska',
  'video/vnd.avi': 'video/x-msvideo',
  'video/vnd.dlna.mpeg-tts': 'video/mp2t',
  'video/3gpp2': 'video/3gpp',
  'video/ogg': 'audio/ogg',
  'audio/x-m4a': 'audio/mp4',
  'audio/vnd.dlna.adts': 'audio/aac',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'text/x-ssa': 'text/x-ass',
} as const satisfies Record<string, (typeof MAIN_CONTENT_TYPES)[number]>;

type ContentTypeAlias = keyof typeof CONTENT_TYPE_ALIASES;
export type UploadContentType = (typeof MAIN_CONTENT_TYPES)[number] | ContentTypeAlias;

/** Every content type that an upload may declare. All other types are rejected. */
export const UPLOAD_CONTENT_TYPES: readonly UploadContentType[] = [
  ...MAIN_CONTENT_TYPES,
  ...(Object.keys(CONTENT_TYPE_ALIASES) as ContentTypeAlias[]),
];

/** Returns the name that Airlock shows for a content type: `video/x-matroska` for `video/matroska`. */
export function mainContentType(type: string): string {
  return Object.hasOwn(CONTENT_TYPE_ALIASES, type) ? CONTENT_TYPE_ALIASES[type as ContentTypeAlias] : type;
}

/** The types of files by their extension, for clients that do not know the type. */
export const CONTENT_TYPE_BY_EXTENSION: Readonly<Record<string, UploadContentType>> = {
  ...{ mp4: 'video/mp4', m4v: 'video/mp4', mov: 'video/quicktime', qt: 'video/quicktime', webm: 'video/webm' },
  ...{ mkv: 'video/x-matroska', avi: 'video/x-msvideo', mpg: 'video/mpeg', mpeg: 'video/mpeg', vob: 'video/mpeg' },
  ...{ ts: 'video/mp2t', mts: 'video/mp2t', m2ts: 'video/mp2t', flv: 'video/x-flv' },
  ...{ '3gp': 'video/3gpp', '3g2': 'video/3gpp2', ogv: 'video/ogg' },
  ...{ mp3: 'audio/mpeg', m4a: 'audio/mp4', m4b: 'audio/mp4', aac: 'audio/aac', wav: 'audio/wav' },
  ...{ ogg: 'audio/ogg', oga: 'audio/ogg', opus: 'audio/opus', flac: 'audio/flac', weba: 'audio/webm' },
  ...{ jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', gif: 'image/gif', webp: 'image/webp' },
  ...{ avif: 'image/avif', heic: 'image/heic', heif: 'image/heif' },
  ...{ srt: 'application/x-subrip', vtt: 'text/vtt', ass: 'text/x-ass', ssa: 'text/x-ssa' },
};

/** Returns the content type by the extension of a file name. Returns null if the extension is unknown. */
export function contentTypeOfName(name: string): UploadContentType | null {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(CONTENT_TYPE_BY_EXTENSION, extension) ? CONTENT_TYPE_BY_EXTENSION[extension]! : null;
}

export const QUALITIES = ['high', 'medium', 'low'] as const;
export const RESOLUTIONS = ['480p', '720p', '1080p', '4k'] as const;
export type Quality = (typeof QUALITIES)[number];
export type Resolution = (typeof RESOLUTIONS)[number];
