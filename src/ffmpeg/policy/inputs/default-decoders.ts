/*
 * The decoders that FFmpeg may use by default. The list contains what phones, browsers, cameras, screen recorders, broadcasters and audio
 * programs write.
 */

export interface AllowedDecoder {
  /** Name of the decoder in FFmpeg, which `-codec_whitelist` compares. */
  name: string;
  /** Name of the codec that the decoder decodes, as ffprobe reports it. */
  codec: string;
  kind: 'video' | 'audio' | 'subtitles';
  /** What writes the codec, as a noun phrase. */
  writtenBy: string;
}

function decoders(kind: AllowedDecoder['kind'], rows: readonly (readonly [string, string, string])[]) {
  return rows.map(([name, codec, writtenBy]): AllowedDecoder => ({ name, codec, kind, writtenBy }));
}

export const DEFAULT_DECODERS: readonly AllowedDecoder[] = [
  ...decoders('video', [
    ['h264', 'h264', 'phones, cameras, browsers, screen recorders, broadcasts'],
    ['hevc', 'hevc', 'phones, cameras, HEIC pictures'],
    ['libdav1d', 'av1', 'browsers, screen recorders, AVIF pictures'],
    ['vp8', 'vp8', 'browsers'],
    ['vp9', 'vp9', 'browsers, screen recorders'],
    ['mpeg1video', 'mpeg1video', 'video CDs'],
    ['mpeg2video', 'mpeg2video', 'DVDs, broadcasts, camcorders'],
    ['mpeg4', 'mpeg4', 'older phones and cameras, DivX, Xvid'],
    ['h263', 'h263', 'older phones'],
    ['flv', 'flv1', 'Flash recordings'],
    ['mjpeg', 'mjpeg', 'cameras, JPEG pictures, cover pictures'],
    ['prores', 'prores', 'phones, cameras, editing programs'],
    ['dnxhd', 'dnxhd', 'cameras, editing programs'],
    ['dvvideo', 'dvvideo', 'DV camcorders'],
    ['ffv1', 'ffv1', 'archives, screen recorders'],
    ['rawvideo', 'rawvideo', 'capture programs'],
    ['png', 'png', 'PNG pictures, cover pictures'],
    ['apng', 'apng', 'animated PNG pictures'],
    ['gif', 'gif', 'GIF pictures'],
    ['webp', 'webp', 'WebP pictures'],
  ]),
  ...decoders('audio', [
    ['aac', 'aac', 'phones, cameras, broadcasts'],
    ['ac3', 'ac3', 'DVDs, broadcasts, camcorders'],
    ['eac3', 'eac3', 'streaming services, broadcasts'],
    ['mp3float', 'mp3', 'audio programs'],
    ['mp2', 'mp2', 'broadcasts, camcorders'],
    ['opus', 'opus', 'browsers, messengers'],
    ['vorbis', 'vorbis', 'browsers, audio programs'],
    ['flac', 'flac', 'audio programs'],
    ['alac', 'alac', 'audio programs'],
    ['amrnb', 'amr_nb', 'older phones'],
    ['amrwb', 'amr_wb', 'older phones'],
    ['pcm_u8', 'pcm_u8', 'audio programs, older cameras'],
    ['pcm_s16le', 'pcm_s16le', 'cameras, recorders, editing programs'],
    ['pcm_s16be', 'pcm_s16be', 'cameras, editing programs'],
    ['pcm_s24le', 'pcm_s24le', 'cameras, recorders, editing programs'],
    ['pcm_s24be', 'pcm_s24be', 'editing programs'],
    ['pcm_s32le', 'pcm_s32le', 'recorders'],
    ['pcm_f32le', 'pcm_f32le', 'audio programs, screen recorders'],
    ['pcm_alaw', 'pcm_alaw', 'telephony'],
    ['pcm_mulaw', 'pcm_mulaw', 'telephony'],
  ]),
  ...decoders('subtitles', [
    ['srt', 'subrip', 'SRT files, MKV'],
    ['webvtt', 'webvtt', 'WebVTT files, WebM'],
    ['ssa', 'ass', 'ASS and SSA files, MKV'],
    ['mov_text', 'mov_text', 'MP4, MOV'],
  ]),
];
