import { formatKind, type OutputFormat } from '../../contract/formats.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { PlanInput, PlanWarning } from '../types.ts';

/** Formats whose chapters players show. */
const CHAPTERED: ReadonlySet<string> = new Set(['mp4', 'mov', 'm4a', 'mkv', 'webm']);
/** Formats that can contain subtitle tracks. */
const SUBTITLED: ReadonlySet<string> = new Set(['mp4', 'mov', 'mkv', 'webm']);
/** Matches a value of `-map` with which FFmpeg selects subtitles: an entire input, or its subtitles. */
const SELECTS_SUBTITLES = /^\d+(:s.*)?\??$/;

export interface TextPlan {
  /** Whether the output gets the chapters of the only input. */
  keepsChapters: boolean;
  warnings: PlanWarning[];
}

/** Plans the chapters and subtitles of an output. Keeps chapters where possible, and warns about the texts that the output lacks. */
export function planText(
  inputs: readonly PlanInput[],
  options: OptionSet,
  target: { format: OutputFormat /** Whether the output is a part of a ladder. */; isPart: boolean },
): TextPlan {
  const { format, isPart } = target;
  if (formatKind(format) === 'image') return { keepsChapters: false, warnings: [] };
  const maps = options.options.filter(({ name }) => name === 'map').map(({ value }) => value!);
  const drops = options.has('sn') || (maps.length > 0 && !maps.some((map) => SELECTS_SUBTITLES.test(map)));
  const dropsChapters = options.has('map_chapters');
  const mayKeep = inputs.length === 1 && CHAPTERED.has(format) && !isPart;
  const keepsChapters = mayKeep && !dropsChapters && (inputs[0]!.text?.chapters ?? 0) > 0;
  const warnings = inputs.flatMap(({ text, info }, index): PlanWarning[] => {
    const input = `Input ${index + 1} has`;
    const lost: string[] = [];
    const subtitles = text?.subtitles || info.subtitleCount;
    if (subtitles > 0 && !drops) {
      const tracks = subtitles === 1 ? '1 subtitle track' : `${subtitles} subtitle tracks`;
      lost.push(
        `${input} ${tracks}, which ${SUBTITLED.has(format) ? "Airlock doesn't keep" : `${format} can't contain`}.`,
      );
    }
    if (text && text.chapters > 0 && !dropsChapters && !keepsChapters) {
      const reason = CHAPTERED.has(format) ? 'the output does not contain' : `${format} can't contain`;
      lost.push(`${input} ${text.chapters === 1 ? '1 chapter' : `${text.chapters} chapters`}, which ${reason}.`);
    }
    if (text?.hasTooMany && !dropsChapters) lost.push(`${input} too many chapters, so the output contains none.`);
    return lost.map((message) => ({ field: 'inputs', message }));
  });
  return { keepsChapters, warnings };
}
