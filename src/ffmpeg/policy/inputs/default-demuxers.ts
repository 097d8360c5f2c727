/**
 * The demuxers that FFmpeg may use by default. Airlock chooses the demuxer of a file by the file's first bytes, and FFmpeg may use no other
 * demuxer for the file.
 */
export const DEFAULT_DEMUXERS: readonly string[] = [
  'mov',
  'matroska',
  'avi',
  'mpegts',
  'mpeg',
  'mpegvideo',
  'flv',
  'mp3',
  'aac',
  'wav',
  'ogg',
  'flac',
  'jpeg_pipe',
  'png_pipe',
  'apng',
  'gif',
  'webp_pipe',
  'srt',
  'webvtt',
  'ass',
];
