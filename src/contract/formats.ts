/** Output formats, in the order in which the documentation lists them. */
export const VIDEO_FORMATS = ['mp4', 'webm', 'mov', 'avi', 'mkv'] as const;
export const AUDIO_FORMATS = ['mp3', 'm4a', 'aac', 'wav', 'ogg', 'opus', 'flac'] as const;
export const IMAGE_FORMATS = ['jpg', 'png', 'gif', 'webp'] as const;
export const OUTPUT_FORMATS = [...VIDEO_FORMATS, ...AUDIO_FORMATS, ...IMAGE_FORMATS] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export type FormatKind = 'video' | 'audio' | 'image';

export function formatKind(format: OutputFormat): FormatKind {
  if ((VIDEO_FORMATS as readonly string[]).includes(format)) return 'video';
  if ((AUDIO_FORMATS as readonly string[]).includes(format)) return 'audio';
  return 'image';
}

/** The content type under which an output of that format is stored and served. */
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

/** Content types that an upload may declare; nothing else is accepted. */
export const UPLOAD_CONTENT_TYPES = [
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

export const QUALITIES = ['high', 'medium', 'low'] as const;
export const RESOLUTIONS = ['480p', '720p', '1080p', '4k'] as const;
export type Quality = (typeof QUALITIES)[number];
export type Resolution = (typeof RESOLUTIONS)[number];
