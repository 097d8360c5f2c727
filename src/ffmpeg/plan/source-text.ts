import { formatKind, type OutputFormat } from '../../contract/formats.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import type { PlanInput, PlanWarning, SubtitleTrack } from '../types.ts';
import { filtersOf, graphsOf, keepsTime } from './step-filters.ts';

/** Formats whose chapters players show. */
const CHAPTERED: ReadonlySet<string> = new Set(['mp4', 'mov', 'm4a', 'mkv', 'webm']);
/** The encoder of subtitles for each format that can contain them. */
const ENCODERS: Readonly<Partial<Record<OutputFormat, string>>> = {
  mp4: 'mov_text',
  mov: 'mov_text',
  mkv: 'srt',
  webm: 'webvtt',
};
/** Matches a value of `-map` with which FFmpeg selects subtitles: an entire input, or its subtitles. */
const SELECTS_SUBTITLES = /^\d+(:s.*)?\??$/;

export interface TextPlan {
  /** Whether the output gets the chapters of the only input. */
  keepsChapters: boolean;
  /** Arguments that map the subtitles of the only input, encode them and declare their languages; empty = the output has none. */
  subtitles: readonly string[];
  warnings: PlanWarning[];
}

interface TextTarget {
  format: OutputFormat;
  /** Whether the output is a part of a ladder. */
  isPart: boolean;
  /** Whether the output shows everything in the input at its own time. */
  keepsTimes: boolean;
}

const ONLY_ENTIRE = 'Airlock keeps only if the output contains the entire input at its own speed';
const NOT_IN_LADDER = 'a ladder contains only if you send them in `subtitles`';

/** Plans the chapters and subtitles of an output. Keeps them where possible, and warns about the texts that the output lacks. */
export function planText(inputs: readonly PlanInput[], options: OptionSet, target: TextTarget): TextPlan {
  const { format, isPart } = target;
  if (formatKind(format) === 'image') return { keepsChapters: false, subtitles: [], warnings: [] };
  const maps = options.options.filter(({ name }) => name === 'map').map(({ value }) => value!);
  const drops = options.has('sn') || (maps.length > 0 && !maps.some((map) => SELECTS_SUBTITLES.test(map)));
  const dropsChapters = options.has('map_chapters');
  const mayKeep = inputs.length === 1 && CHAPTERED.has(format) && !isPart;
  const encoder = ENCODERS[format];
  const isOwnChoice = maps.length > 0 || options.has('sn');
  const canKeep = inputs.length === 1 && !isPart && !isOwnChoice && encoder !== undefined;
  const tracks = canKeep && target.keepsTimes ? (inputs[0]!.text?.tracks ?? []) : [];
  const keepsChapters = mayKeep && !dropsChapters && (inputs[0]!.text?.chapters ?? 0) > 0;
  const warnings = inputs.flatMap(({ text, info }, index): PlanWarning[] => {
    const input = `Input ${index + 1} has`;
    const lost: string[] = [];
    const subtitles = (text?.subtitles || info.subtitleCount) - tracks.length;
    if (subtitles > 0 && !drops) {
      const what = subtitles === 1 ? '1 subtitle track' : `${subtitles} subtitle tracks`;
      const isMoved = canKeep && !target.keepsTimes && (text?.tracks.length ?? 0) > 0;
      const reason = isMoved ? ONLY_ENTIRE : encoder ? "Airlock doesn't keep" : `${format} can't contain`;
      lost.push(`${input} ${what}, which ${isPart ? NOT_IN_LADDER : reason}.`);
    }
    const dropped = tracks.length > 0 ? (text?.droppedSubtitles ?? 0) : 0;
    if (dropped > 0) {
      const what = dropped === 1 ? '1 subtitle' : `${dropped} subtitles`;
      lost.push(`${input} ${what} that Airlock can't keep: drawings, damaged or long texts, or too much text.`);
    }
    if (text && text.chapters > 0 && !dropsChapters && !keepsChapters) {
      const reason = CHAPTERED.has(format) ? 'the output does not contain' : `${format} can't contain`;
      lost.push(`${input} ${text.chapters === 1 ? '1 chapter' : `${text.chapters} chapters`}, which ${reason}.`);
    }
    if (text?.hasTooMany && !dropsChapters) lost.push(`${input} too many chapters, so the output contains none.`);
    return lost.map((message) => ({ field: 'inputs', message }));
  });
  return { keepsChapters, subtitles: subtitleArgs(tracks, format), warnings };
}

/**
 * Time base of subtitles in MP4: milliseconds. With FFmpeg's default of microseconds, the muxer shortens gaps of more than 35 minutes, and
 * rejects subtitles that last longer than 35 minutes.
 */
const MP4_TIMES = ['-time_base:s', '1/1000'];

/** FFmpeg encodes every track, so that no bytes of the input reach the output. Only Matroska can contain the styles of ASS. */
function subtitleArgs(tracks: readonly SubtitleTrack[], format: OutputFormat): string[] {
  return [
    ...tracks.flatMap((_, index) => ['-map', `0:s:${index}`]),
    ...tracks.flatMap(({ isStyled }, index) => {
      return [`-c:s:${index}`, isStyled && format === 'mkv' ? 'ass' : ENCODERS[format]!];
    }),
    ...(tracks.length > 0 && ENCODERS[format] === 'mov_text' ? MP4_TIMES : []),
    ...tracks.flatMap(({ language }, index) => {
      return language ? [`-metadata:s:s:${index}`, `language=${language}`] : [];
    }),
  ];
}

/** Options of an input and of an output that change the times of streams, or drop a part. */
const TIMED_OPTIONS =
  'ss sseof t to itsoffset itsscale stream_loop loop r framerate ignore_editlist frames shortest output_ts_offset discard skip_frame';

/** Whether no option and no filter of the caller changes the times of the input, or drops a part of it. */
export function keepsTimes(parsed: ParsedRequest, options: readonly OptionSet[]): boolean {
  const isTimed = TIMED_OPTIONS.split(' ').some((name) => options.some((set) => set.has(name)));
  return !isTimed && parsed.graph === null && filtersOf(graphsOf(parsed)).every(({ spec }) => keepsTime(spec.name));
}
