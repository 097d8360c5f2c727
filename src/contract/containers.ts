/**
 * The containers that Airlock remuxes before FFmpeg reads them, by FFmpeg's demuxer, with their common names. `heif` is not a demuxer: its
 * stills are remuxed into movies. The readers are in `src/sanitizer/sanitize-file.ts`.
 */
export const REWRITTEN_CONTAINERS = {
  mov: ['MP4', 'MOV', 'M4A', '3GP'],
  matroska: ['MKV', 'WebM'],
  mp3: ['MP3'],
  aac: ['AAC'],
  ogg: ['Ogg (Opus, Vorbis, FLAC)'],
  heif: ['AVIF', 'HEIC'],
  wav: ['WAV'],
  flac: ['FLAC'],
} as const satisfies Record<string, readonly string[]>;

export type RewrittenDemuxer = keyof typeof REWRITTEN_CONTAINERS;

/** Returns the common names of these containers in words: `MP4, MOV … or FLAC`. */
export function rewrittenNames(): string {
  const names: string[] = Object.values(REWRITTEN_CONTAINERS).flat();
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
