import type { OutputFormat, Quality, Resolution } from '../../../../src/contract/formats.ts';
import { MAX_OUTPUTS, OUTPUT_NAME } from '../../../../src/contract/output-names.ts';
import { type DraftDestination, destinationFields, newDestination } from './destination-request.ts';
import { type DraftLadder, ladderFields, newLadder } from './ladder-request.ts';
import { type DraftPictures, newPictures, type PictureKind, pictureFields, pictureFormat } from './picture-request.ts';
import { type DraftQuality, hasTarget, newQuality, qualityFields } from './quality-request.ts';

export { MAX_OUTPUTS };

export interface DraftOption {
  id: number;
  option: string;
  argument: string;
}

/** The kind of an output. `file` is a video, a sound or a picture in one of the output formats. */
export type OutputKind = 'file' | 'ladder' | PictureKind;

/** The current choices for an output. If its kind changes, the fields of other kinds keep their values. */
export interface DraftOutput {
  id: number;
  /** Name of the output; empty for the default name. */
  name: string;
  kind: OutputKind;
  ladder: DraftLadder;
  pictures: DraftPictures;
  /** The format of a file. The fields below also apply only to files. */
  format: OutputFormat;
  mode: 'preset' | 'options';
  quality: Quality;
  resolution: Resolution | '';
  options: readonly DraftOption[];
  /** The target and the measures of a video. */
  target: DraftQuality;
}

let count = 0;

export function newOutput(): DraftOutput {
  const encoding = { mode: 'preset', quality: 'medium', resolution: '', options: [], target: newQuality() } as const;
  const kinds = { kind: 'file', ladder: newLadder(), pictures: newPictures() } as const;
  return { id: ++count, name: '', format: 'mp4', ...kinds, ...encoding };
}

/** Returns the value of `outputFormat`. */
export function formatOf({ kind, format, ladder, pictures }: DraftOutput): string {
  if (kind === 'file') return format;
  return kind === 'ladder' ? ladder.format : pictureFormat(kind, pictures);
}

/** URL that replaces a source that does not exist yet, so that the rest of a request can be checked. */
const PLACEHOLDER = 'https://example.org/your-file.mp4';

interface OutputBody {
  name?: string;
  outputFormat: string;
  [field: string]: unknown;
  preset?: { quality?: string; resolution?: string };
  options?: { option: string; argument?: string }[];
}

export type Body = { inputs: { url: string }[]; destination?: unknown } & (
  | OutputBody
  | { outputs: OutputBody[] }
  | { template: string }
);

/** The fields of a job other than its sources and outputs. */
export interface DraftJob {
  /** Name of a template, or a version such as `web@3`; empty for no template. */
  template: string;
  destination: DraftDestination;
}

export function newJob(template: string): DraftJob {
  return { template, destination: newDestination() };
}

/** Returns the body of the request. A job with one output has no list of outputs, and a job with a template has no outputs. */
export function bodyOf(
  outputs: readonly DraftOutput[],
  urls: readonly (string | null)[],
  { template, destination }: DraftJob,
): Body {
  const sources = urls.length > 0 ? urls : [null];
  const inputs = sources.map((url) => ({ url: url ?? PLACEHOLDER }));
  const delivery = destinationFields(destination);
  if (template !== '') return { inputs, template, ...delivery };
  const [only, ...more] = outputs;
  if (more.length === 0) return { inputs, ...encodingOf(only!), ...delivery };
  return {
    inputs,
    ...delivery,
    outputs: outputs.map((output) => ({
      ...(output.name.trim() !== '' && { name: output.name.trim() }),
      ...encodingOf(output),
    })),
  };
}

function encodingOf(output: DraftOutput): OutputBody {
  const { kind, ladder, pictures, mode, options, target } = output;
  const outputFormat = formatOf(output);
  if (kind === 'ladder') return { outputFormat, ...ladderFields(ladder) };
  if (kind !== 'file') return { outputFormat, ...pictureFields(kind, pictures) };
  return {
    outputFormat,
    ...(mode === 'preset'
      ? presetOf(output)
      : { options: filled(options).map(({ option, argument }) => ({ option, ...(argument && { argument }) })) }),
    ...qualityFields(outputFormat, target),
  };
}

/** Returns the preset of an output. A target replaces the quality, so the preset may contain only a size. */
function presetOf({ format, quality, resolution, target }: DraftOutput): Pick<OutputBody, 'preset'> {
  const preset = { ...(!hasTarget(format, target) && { quality }), ...(resolution && { resolution }) };
  return Object.keys(preset).length > 0 ? { preset } : {};
}

/** Returns the entries that have a name. A row is empty until a person writes in it. */
export function filled(options: readonly DraftOption[]): readonly DraftOption[] {
  return options.filter(({ option }) => option.trim() !== '');
}

/** Returns the fault of an output's name; null if the name is valid. */
export function nameFault(outputs: readonly DraftOutput[], { id, name }: DraftOutput): string | null {
  const own = name.trim();
  if (own === '') return null;
  if (!OUTPUT_NAME.test(own)) {
    return 'Use 1 to 32 lower-case letters, digits and hyphens. Start with a letter or a digit.';
  }
  const isTaken = outputs.some((other) => other.id !== id && other.name.trim() === own);
  return isTaken ? `Another output is named "${own}". Give each output a different name.` : null;
}
