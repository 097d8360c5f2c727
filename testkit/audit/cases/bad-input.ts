import { type AuditCase, atMost, equals, type Figure } from '../audit-case.ts';
import { LIMIT, largestError } from '../checks/colors.ts';
import { decodePatches, readTags } from '../checks/decode.ts';
import { videoOf } from '../checks/shapes.ts';
import { type PatchFormat, patchVideo, rawInput, shownPatches, tagged } from '../sources/patches.ts';
import { edited, encoded, literal, type Source } from '../sources/source.ts';
import type { Outcome } from '../world.ts';

const HD: PatchFormat = { width: 1280, height: 720, matrix: 'bt709', range: 'limited' };
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '1'];

/** H.264 of BT.709 with other numbers in its headers (ITU-T H.273). */
const withNumbers = (numbers: string) => patchVideo('mp4', HD, [...X264, '-bsf:v', `h264_metadata=${numbers}`]);

/** Codes of failures whose cause is the file. */
const NAMED = /invalid_media|empty_media|unsupported|too_|upload_type_mismatch|upload_rejected|no_video_stream/;

/** The job must end with an output, or with a failure that names the file. */
function checkEnd(made: Outcome): Figure {
  const isPlain = made.status === 'completed' || NAMED.test(made.failure);
  return equals('end', isPlain ? 'output or named failure' : made.failure.slice(0, 300), 'output or named failure');
}

/** Color tags that don't exist or contradict the samples. Players ignore them and assume BT.709 for HD. */
const NUMBERS: Readonly<Record<string, Source>> = {
  'reserved-matrix': withNumbers('matrix_coefficients=3'),
  'rgb-matrix-of-4-2-0': withNumbers('matrix_coefficients=0'),
  'unknown-transfer': withNumbers('transfer_characteristics=3:matrix_coefficients=1'),
  'unknown-primaries': withNumbers('colour_primaries=3:matrix_coefficients=1'),
};

const numberCases = Object.entries(NUMBERS).map(
  ([name, source]): AuditCase => ({
    name: `bad/${name}`,
    async run(world) {
      const made = await world.transcode(source, { output_format: 'mp4', preset: { resolution: '480p' } });
      if (made.status !== 'completed') return [checkEnd(made)];
      const path = await made.file();
      const error = largestError(await decodePatches(path, 0.4), shownPatches(HD));
      return [atMost('color error', error, LIMIT.video), equals('matrix', (await readTags(path)).matrix, 'bt709')];
    },
  }),
);

/** SDR with the metadata of an HDR master. */
const FALSE_HDR = patchVideo('mp4', HD, [
  ...['-vf', tagged('bt709', 'limited'), '-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-x265-params'],
  'lossless=1:log-level=none:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400',
]);

const frame = (width: number, height: number) =>
  encoded('ts', [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${width}x${height}:r=25:d=0.04`, '-c:v', 'mpeg2video', '-q:v', '4'],
  ]);

const EVERY_SIZE = edited(
  'another size for every frame',
  [frame(320, 240), frame(240, 320), frame(640, 360)],
  (...files) => Buffer.concat(Array.from({ length: 10 }, () => files).flat()),
);

/** Number of chapters, about a hundred times as many as in a film. */
function manyChapters(): Source {
  const chapters = Array.from({ length: 10_000 }, (_, index) => {
    return `[CHAPTER]\nTIMEBASE=1/10000\nSTART=${index}\nEND=${index + 1}\ntitle=Chapter ${index}\n`;
  });
  const list = literal('txt', Buffer.from(`;FFMETADATA1\n${chapters.join('')}`));
  const video = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=1', '-f', 'ffmetadata', '-i', '{list}'];
  return encoded('mkv', [...video, '-map_chapters', '1', ...X264], { list });
}

/** Subtitles of 8 MB. */
function manySubtitles(): Source {
  const line = 'x'.repeat(2000);
  const two = (value: number) => String(value).padStart(2, '0');
  const cues = Array.from({ length: 4000 }, (_, index) => {
    const at = `00:${two(Math.floor(index / 60))}:${two(index % 60)}`;
    return `${index + 1}\n${at},000 --> ${at},900\n${line}\n\n`;
  });
  const list = literal('srt', Buffer.from(cues.join('')));
  const video = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=1', '-f', 'srt', '-i', '{list}'];
  return encoded('mkv', [...video, '-map', '0', '-map', '1', ...X264, '-c:s', 'srt'], { list });
}

const FILES: Readonly<Record<string, () => Source>> = {
  'size-of-every-frame': () => EVERY_SIZE,
  'ten-thousand-chapters': manyChapters,
  'large-subtitles': manySubtitles,
  'one-frame': () => encoded('mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:d=1', '-frames:v', '1', ...X264]),
  'wide-line': () => encoded('png', [...rawInput('rgb24', 4000, 2), '-c:v', 'png'], { raw: Buffer.alloc(24_000, 90) }),
};

export const badInputCases: readonly AuditCase[] = [
  ...numberCases,
  {
    name: 'bad/hdr-metadata-of-sdr',
    async run(world) {
      const made = await world.transcode(FALSE_HDR, { output_format: 'mp4' });
      const error = largestError(await decodePatches(await made.file(), 0.4), shownPatches(HD));
      return [atMost('color error', error, LIMIT.video)];
    },
  },
  ...Object.entries(FILES).map(
    ([name, make]): AuditCase => ({
      name: `bad/${name}`,
      async run(world) {
        const figures: Figure[] = [];
        for (const format of ['mp4', 'jpg', 'webp']) {
          const made = await world.transcode(make(), { output_format: format });
          figures.push(checkEnd(made));
          if (made.status === 'completed' && format === 'mp4')
            figures.push(equals('codec', (await videoOf(await made.file())).codec_name, 'h264'));
        }
        return figures;
      },
    }),
  ),
];
