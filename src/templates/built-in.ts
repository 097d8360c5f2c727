import type { TemplateContent } from '../contract/templates.ts';

/** A built-in template. A released version never changes. An improved request becomes the next version. */
interface BuiltIn {
  description: string;
  /** All versions, starting with version 1. */
  versions: readonly TemplateContent[];
}

/**
 * Fits a video of any shape into 9:16 over a blurred copy of itself, without cropping it and without black bars. The copy is
 * blurred at a quarter of its width and height, which needs a sixteenth of the work.
 */
const FIT_9_16 = [
  '[0:v]split=2[back][front]',
  '[back]scale=270:480:force_original_aspect_ratio=increase,crop=270:480,gblur=sigma=8,scale=1080:1920[blurred]',
  '[front]scale=1080:1920:force_original_aspect_ratio=decrease:force_divisible_by=2[fitted]',
  '[blurred][fitted]overlay=(W-w)/2:(H-h)/2,setsar=1[v]',
].join(';');

/** Returns filters that set the loudness as defined in EBU R128. Mono is measured as if two loudspeakers played it, as players do. */
const loudness = (integrated: number, range: number) =>
  `loudnorm=I=${integrated}:TP=-1.5:LRA=${range}:dual_mono=true,aresample=48000`;

/** The built-in templates by name. docs/templates.md gives the reason for each number. */
export const BUILT_IN: ReadonlyMap<string, BuiltIn> = new Map([
  [
    'airlock/archive',
    {
      description: 'Lossless Matroska for preservation: FFV1 with checksums, and FLAC.',
      versions: [
        {
          outputFormat: 'mkv',
          options: [
            { option: '-c:v', argument: 'ffv1' },
            { option: '-level', argument: 3 },
            { option: '-g', argument: 1 },
            { option: '-slices', argument: 16 },
            { option: '-c:a', argument: 'flac' },
          ],
        },
      ],
    },
  ],
  [
    'airlock/hls',
    {
      description:
        'Adaptive streaming by HLS: renditions up to the size of the source, for every player and connection.',
      versions: [{ outputFormat: 'hls', ladder: 'auto' }],
    },
  ],
  [
    'airlock/podcast',
    {
      description: 'MP3 for podcasts: −16 LUFS, 128 kbit/s.',
      versions: [
        {
          outputFormat: 'mp3',
          options: [
            { option: '-af', argument: loudness(-16, 11) },
            { option: '-b:a', argument: '128k' },
          ],
        },
      ],
    },
  ],
  [
    'airlock/social-9x16',
    {
      description: 'Vertical MP4 for feeds and stories: 1080x1920 over a blurred background, −14 LUFS.',
      versions: [
        {
          outputFormat: 'mp4',
          filters: [{ filter: FIT_9_16 }],
          options: [
            { option: '-af', argument: loudness(-14, 11) },
            { option: '-c:v', argument: 'libx264' },
            { option: '-crf', argument: 20 },
            { option: '-maxrate', argument: '10M' },
            { option: '-bufsize', argument: '20M' },
            { option: '-fpsmax', argument: 60 },
            { option: '-b:a', argument: '128k' },
          ],
        },
      ],
    },
  ],
  [
    'airlock/voice',
    {
      description: 'Small mono Opus for speech: 32 kbit/s, −16 LUFS, rumble removed.',
      versions: [
        {
          outputFormat: 'opus',
          options: [
            { option: '-af', argument: `aformat=channel_layouts=mono,highpass=f=80,${loudness(-16, 7)}` },
            { option: '-b:a', argument: '32k' },
            { option: '-application', argument: 'voip' },
          ],
        },
      ],
    },
  ],
  [
    'airlock/web',
    {
      description: 'MP4 for all browsers: H.264 and AAC, at most 1080p. Playback starts before the download ends.',
      versions: [{ outputFormat: 'mp4', preset: { quality: 'medium', resolution: '1080p' } }],
    },
  ],
]);
