import type { OutputFormat } from '../../../contract/formats.ts';

export type StreamKind = 'video' | 'audio';

export interface Encoder {
  /** FFmpeg's name of the encoder. */
  name: string;
  /** Other names that callers use for the encoder. */
  aliases: readonly string[];
  kind: StreamKind;
  /** Formats whose container supports the encoder in a form that common players read. */
  formats: readonly OutputFormat[];
}

/** Encoders that a request may name: the encoders of Debian's FFmpeg that open no files. */
export const ENCODERS: readonly Encoder[] = [
  { name: 'libx264', aliases: ['h264', 'x264'], kind: 'video', formats: ['mp4', 'mov', 'avi', 'mkv'] },
  { name: 'libx265', aliases: ['hevc', 'h265', 'x265'], kind: 'video', formats: ['mp4', 'mov', 'mkv'] },
  { name: 'libsvtav1', aliases: ['av1'], kind: 'video', formats: ['mp4', 'webm', 'mkv'] },
  { name: 'libvpx', aliases: ['vp8'], kind: 'video', formats: ['webm', 'mkv'] },
  { name: 'libvpx-vp9', aliases: ['vp9'], kind: 'video', formats: ['webm', 'mp4', 'mkv'] },
  { name: 'prores_ks', aliases: ['prores', 'prores_aw'], kind: 'video', formats: ['mov', 'mkv'] },
  { name: 'dnxhd', aliases: ['dnxhr'], kind: 'video', formats: ['mov', 'mkv'] },
  { name: 'ffv1', aliases: [], kind: 'video', formats: ['mkv', 'avi', 'mov'] },
  { name: 'mpeg4', aliases: [], kind: 'video', formats: ['avi', 'mp4', 'mov', 'mkv'] },
  { name: 'mjpeg', aliases: [], kind: 'video', formats: ['avi', 'mov', 'mkv', 'jpg'] },
  { name: 'png', aliases: [], kind: 'video', formats: ['mov', 'mkv', 'png'] },
  { name: 'gif', aliases: [], kind: 'video', formats: ['gif'] },
  { name: 'libwebp', aliases: ['webp'], kind: 'video', formats: ['webp'] },
  { name: 'libwebp_anim', aliases: [], kind: 'video', formats: ['webp'] },
  { name: 'aac', aliases: [], kind: 'audio', formats: ['mp4', 'mov', 'mkv', 'avi', 'm4a', 'aac'] },
  { name: 'libmp3lame', aliases: ['mp3'], kind: 'audio', formats: ['mp3', 'mp4', 'mov', 'avi', 'mkv'] },
  { name: 'libopus', aliases: ['opus'], kind: 'audio', formats: ['opus', 'ogg', 'webm', 'mp4', 'mkv'] },
  { name: 'libvorbis', aliases: ['vorbis'], kind: 'audio', formats: ['ogg', 'webm', 'mkv'] },
  { name: 'flac', aliases: [], kind: 'audio', formats: ['flac', 'ogg', 'mp4', 'mkv'] },
  { name: 'alac', aliases: [], kind: 'audio', formats: ['m4a', 'mov', 'mp4', 'mkv'] },
  { name: 'ac3', aliases: [], kind: 'audio', formats: ['mp4', 'mov', 'mkv', 'avi'] },
  { name: 'eac3', aliases: [], kind: 'audio', formats: ['mp4', 'mov', 'mkv'] },
  { name: 'pcm_u8', aliases: [], kind: 'audio', formats: ['wav', 'mov', 'avi', 'mkv'] },
  { name: 'pcm_s32le', aliases: [], kind: 'audio', formats: ['wav', 'mov', 'mkv'] },
  { name: 'pcm_f32le', aliases: [], kind: 'audio', formats: ['wav', 'mov', 'mkv'] },
  { name: 'pcm_s16le', aliases: [], kind: 'audio', formats: ['wav', 'mov', 'avi', 'mkv'] },
  { name: 'pcm_s24le', aliases: [], kind: 'audio', formats: ['wav', 'mov', 'mkv'] },
];

/** Finds an encoder by its name or an alias, ignoring case. */
export function findEncoder(name: string): Encoder | null {
  const wanted = name.toLowerCase();
  return ENCODERS.find((encoder) => encoder.name === wanted || encoder.aliases.includes(wanted)) ?? null;
}

export interface FormatDefaults {
  muxer: string;
  extension: string;
  video: string | null;
  audio: string | null;
}

/** Muxer and default encoders of each output format, as players of that format expect. */
export const FORMAT_DEFAULTS: Readonly<Record<OutputFormat, FormatDefaults>> = {
  mp4: { muxer: 'mp4', extension: 'mp4', video: 'libx264', audio: 'aac' },
  mov: { muxer: 'mov', extension: 'mov', video: 'libx264', audio: 'aac' },
  webm: { muxer: 'webm', extension: 'webm', video: 'libvpx-vp9', audio: 'libopus' },
  mkv: { muxer: 'matroska', extension: 'mkv', video: 'libx264', audio: 'aac' },
  // AVI cannot store the reordered timestamps of H.264. AVI players read MPEG-4 ASP and MP3.
  avi: { muxer: 'avi', extension: 'avi', video: 'mpeg4', audio: 'libmp3lame' },
  mp3: { muxer: 'mp3', extension: 'mp3', video: null, audio: 'libmp3lame' },
  m4a: { muxer: 'ipod', extension: 'm4a', video: null, audio: 'aac' },
  aac: { muxer: 'adts', extension: 'aac', video: null, audio: 'aac' },
  wav: { muxer: 'wav', extension: 'wav', video: null, audio: 'pcm_s16le' },
  ogg: { muxer: 'ogg', extension: 'ogg', video: null, audio: 'libvorbis' },
  opus: { muxer: 'opus', extension: 'opus', video: null, audio: 'libopus' },
  flac: { muxer: 'flac', extension: 'flac', video: null, audio: 'flac' },
  jpg: { muxer: 'image2', extension: 'jpg', video: 'mjpeg', audio: null },
  png: { muxer: 'image2', extension: 'png', video: 'png', audio: null },
  gif: { muxer: 'gif', extension: 'gif', video: 'gif', audio: null },
  webp: { muxer: 'webp', extension: 'webp', video: 'libwebp', audio: null },
};
