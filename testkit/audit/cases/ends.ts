import { ffprobe } from '../../media.ts';
import { type AuditCase, atLeast, between, equals, type Figure, lacks, matches } from '../audit-case.ts';
import { listChapters } from '../checks/chapters.ts';
import { readCounter } from '../checks/times.ts';
import { counterVideo } from '../sources/counter.ts';
import { edited, encoded, literal, type Source } from '../sources/source.ts';
import type { Outcome } from '../world.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '16', '-g', '25', '-bf', '0'];

/** Ten seconds, with the index at the front. */
const WHOLE = counterVideo('mp4', { count: 250, seconds: 'N/25', args: [...X264, '-movflags', '+faststart'] });

/** A part of a file, by name, so that each share has its own key. */
function firstPart(source: Source, share: number): Source {
  return {
    ...source,
    key: `${source.key}-${share}`,
    async make(folder) {
      const bytes = await source.make(folder);
      return bytes.subarray(0, Math.round(bytes.length * share));
    },
  };
}

/** The warning of a completed job must state the missing seconds. The error of a failed job must state that the file is damaged. */
function checkDamage(made: Outcome, share: number): Figure[] {
  if (made.status === 'completed')
    return [
      atLeast('share of the source that a completed job had', share, 0.5),
      matches('warning', made.warnings, /\d.*second/i),
    ];
  return [matches('failure', made.failure, /invalid_media/)];
}

/** Replaces the pictures after the first by zeros, and keeps the index. */
const HOLLOW = edited('two pictures', [WHOLE], (bytes) => {
  const copy = Buffer.from(bytes);
  const start = copy.indexOf('mdat') + 4;
  copy.fill(0, start + Math.round((copy.length - start) / 25));
  return copy;
});

const ENCRYPTED = counterVideo('mp4', {
  count: 50,
  seconds: 'N/25',
  args: [
    ...X264,
    ...['-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', '76a6c65c5ea762046bd749a2e632ccbb'],
    ...['-encryption_kid', 'a7e61c373e219033c21091fa607bf3b8'],
  ],
});

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:d=10'];
const TONE = ['-f', 'lavfi', '-i', 'sine=d=10'];

/** Files whose headers declare their length. */
const TRUNCATED: Readonly<Record<string, { args: readonly string[]; format: string }>> = {
  avi: { args: [...PICTURE, ...TONE, '-c:v', 'mpeg4', '-c:a', 'libmp3lame'], format: 'mp4' },
  mkv: { args: [...PICTURE, ...TONE, ...X264, '-c:a', 'aac'], format: 'mp4' },
  wav: { args: [...TONE, '-c:a', 'pcm_s16le'], format: 'mp3' },
  mp3: { args: [...TONE, '-c:a', 'libmp3lame'], format: 'wav' },
  flac: { args: TONE, format: 'mp3' },
};

const damageCases: readonly AuditCase[] = [
  ...[0.8, 0.6, 0.3].map(
    (share): AuditCase => ({
      name: `ends/first-${share * 100}-percent-of-an-mp4`,
      ...(share === 0.6 && { isShort: true }),
      run: async (world) =>
        checkDamage(await world.transcode(firstPart(WHOLE, share), { output_format: 'mp4' }), share),
    }),
  ),
  ...Object.entries(TRUNCATED).map(
    ([extension, { args, format }]): AuditCase => ({
      name: `ends/first-60-percent-of-${extension}`,
      async run(world) {
        const made = await world.transcode(firstPart(encoded(extension, args), 0.6), { output_format: format });
        return checkDamage(made, 0.6);
      },
    }),
  ),
  {
    name: 'ends/thumbnails-of-60-percent',
    async run(world) {
      const request = { output_format: 'thumbnails', every_seconds: 1 };
      const { warnings } = await world.transcode(firstPart(WHOLE, 0.6), request);
      return [matches('warning', warnings, /truncated/)];
    },
  },
  {
    name: 'ends/pictures-that-do-not-decode',
    run: async (world) => checkDamage(await world.transcode(HOLLOW, { output_format: 'mp4' }), 0.04),
  },
  ...(['mp4', 'jpg', 'hls'] as const).map(
    (format): AuditCase => ({
      name: `ends/encrypted-to-${format}`,
      isShort: true,
      async run(world) {
        const made = await world.transcode(ENCRYPTED, { output_format: format });
        return [
          equals('status', made.status === 'completed' ? 'completed' : 'failed', 'failed'),
          matches('failure', made.failure, /encrypt/i),
          matches('code', made.failure, /unsupported_media|upload_type_mismatch|upload_rejected/),
        ];
      },
    }),
  ),
];

const SRT = literal(
  'srt',
  Buffer.from('1\n00:00:00,500 --> 00:00:01,500\nFirst line\n\n2\n00:00:02,000 --> 00:00:03,000\nSecond\n'),
);
const CHAPTERS = literal(
  'txt',
  Buffer.from(
    [';FFMETADATA1', '[CHAPTER]', 'TIMEBASE=1/1000', 'START=0', 'END=2000', 'title=Opening'].join('\n') +
      ['', '[CHAPTER]', 'TIMEBASE=1/1000', 'START=2000', 'END=4000', 'title=Ending', ''].join('\n'),
  ),
);

/** A film with a subtitle track in English and two chapters. */
const film = (extension: string, subtitles: string) =>
  encoded(
    extension,
    [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=4', '-f', 'lavfi', '-i', 'sine=d=4'],
      ...['-f', 'srt', '-i', '{subtitles}', '-f', 'ffmetadata', '-i', '{chapters}'],
      ...['-map', '0', '-map', '1', '-map', '2', '-map_chapters', '3', ...X264, '-c:a', 'aac', '-c:s', subtitles],
      ...['-metadata:s:s:0', 'language=eng'],
    ],
    { subtitles: SRT, chapters: CHAPTERS },
  );

/** Formats whose containers can contain subtitles and chapters. */
const KEPT: Readonly<Record<string, { subtitles: string | null; hasChapters: boolean }>> = {
  mp4: { subtitles: 'mov_text', hasChapters: true },
  mov: { subtitles: 'mov_text', hasChapters: true },
  mkv: { subtitles: 'subrip', hasChapters: true },
  webm: { subtitles: 'webvtt', hasChapters: true },
  avi: { subtitles: null, hasChapters: false },
  mp3: { subtitles: null, hasChapters: true },
};

async function checkKept(made: Outcome, format: string): Promise<Figure[]> {
  const { subtitles, hasChapters } = KEPT[format]!;
  const path = await made.file();
  // biome-ignore lint/suspicious/noExplicitAny: output of ffprobe
  const found = (await ffprobe(path)).streams.filter((stream: any) => stream.codec_type === 'subtitle');
  const codec = found[0]?.codec_name ?? 'none';
  const titles = (await listChapters(path)).join(', ');
  // A container that cannot contain the text, or a format that does not, needs a warning.
  const isSubtitleNamed = /subtitle/i.test(made.warnings);
  const isChapterNamed = /chapter/i.test(made.warnings);
  return [
    equals(`subtitles of ${format}`, codec === subtitles || isSubtitleNamed ? 'kept or named' : codec, 'kept or named'),
    equals(
      `chapters of ${format}`,
      (hasChapters && titles === 'Opening, Ending') || isChapterNamed ? 'kept or named' : titles || 'none',
      'kept or named',
    ),
  ];
}

const subtitleCases = (['mkv', 'mp4'] as const).map(
  (extension): AuditCase => ({
    name: `ends/subtitles-and-chapters-of-${extension}`,
    async run(world) {
      const source = film(extension, extension === 'mp4' ? 'mov_text' : 'srt');
      const figures: Figure[] = [];
      for (const format of Object.keys(KEPT)) {
        const made = await world.transcode(source, { output_format: format });
        figures.push(...(await checkKept(made, format)));
      }
      const ladder = await world.transcode(source, { output_format: 'hls', ladder: [{ height: 64 }] });
      return [...figures, matches('warning of a ladder', ladder.warnings, /subtitle/i)];
    },
  }),
);

const WMV = encoded('wmv', ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:d=1', '-c:v', 'wmv2', '-f', 'asf']);
const BMP = encoded('bmp', ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:d=1', '-frames:v', '1']);

const adviceCases: readonly AuditCase[] = [
  {
    name: 'ends/advice-for-wmv',
    async run(world) {
      const { failure } = await world.transcode(WMV, { output_format: 'mp4' });
      return [lacks('text', failure, /declare[^.]*x-m4v/i), matches('text', failure, /Windows Media|WMV|ASF/i)];
    },
  },
  {
    name: 'ends/advice-for-bmp',
    async run(world) {
      const { failure } = await world.transcode(BMP, { output_format: 'jpg' });
      return [lacks('text', failure, /declare[^.]*image\/png/i), matches('text', failure, /BMP|bitmap/i)];
    },
  },
];

const bigCases: readonly AuditCase[] = [
  {
    name: 'ends/slide-of-12-megapixels',
    async run(world) {
      const slide = encoded('jpg', ['-f', 'lavfi', '-i', 'testsrc2=s=4000x3000:d=1', '-frames:v', '1', '-q:v', '5']);
      const inputs = [{ options: [{ option: '-loop', argument: '1' }] }];
      const made = await world.transcode(slide, {
        output_format: 'mp4',
        inputs,
        options: [{ option: '-t', argument: '1' }],
      });
      // biome-ignore lint/suspicious/noExplicitAny: output of ffprobe
      const video = (await ffprobe(await made.file())).streams.find((stream: any) => stream.codec_type === 'video');
      return [between('level of H.264', video.level / 10, 1, 5.2)];
    },
  },
  {
    name: 'ends/complete-file-has-no-warning',
    isShort: true,
    async run(world) {
      const made = await world.transcode(WHOLE, { output_format: 'webm' });
      const frames = await readCounter(await made.file());
      return [equals('warnings', made.warnings || 'none', 'none'), equals('frames', frames.length, 250)];
    },
  },
];

export const endCases: readonly AuditCase[] = [...damageCases, ...subtitleCases, ...adviceCases, ...bigCases];
