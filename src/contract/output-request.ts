import * as z from 'zod';
import { bitrate } from './bit-rate.ts';
import { destinationField } from './destinations.ts';
import { rule } from './faults/rule.ts';
import {
  isLadderFormat,
  isTextFormat,
  LADDER_CODECS,
  LADDER_FORMATS,
  OUTPUT_FORMATS,
  QUALITIES,
  RESOLUTIONS,
  TEXT_FORMATS,
  TILE_FORMATS,
} from './formats.ts';
import { nullable } from './nullable.ts';
import { OUTPUT_NAME } from './output-names.ts';
import { checkTiles, pictureFields } from './picture-outputs.ts';
import { checkQuality, qualityFields, targetField } from './quality.ts';
import { OVERLAY_STYLE_KEYS, overlayStyles } from './snake-names.ts';

/** Maximum length in characters of one filter graph, or of one option's argument. */
export const MAX_ARGUMENT = 10_000;

const argumentText = z.string().max(MAX_ARGUMENT);

const argumentObject = z.record(z.string(), z.unknown()).register(overlayStyles, { names: OVERLAY_STYLE_KEYS });

export const option = z
  .object({
    option: z
      .string()
      .min(1)
      .max(64)
      .describe('An option of FFmpeg with its dash, or `@text-overlay`, `@captions`, `@quote-card`.'),
    argument: z
      .union([argumentText, z.number(), argumentObject, z.null()])
      .optional()
      .describe('A string, a number, or an object for an option that starts with `@`. Absent, "" or null for a flag.'),
  })
  .meta({ id: 'Option', description: 'One option of a command. Order matters, and options can repeat.' });

const preset = z
  .object({
    quality: nullable(z.enum(QUALITIES)).describe('Defaults to `medium`.'),
    resolution: nullable(z.enum(RESOLUTIONS)).describe('The short side of the frame. Airlock never scales up.'),
    target: targetField,
  })
  .meta({
    id: 'Preset',
    description: 'Quality and size by name. Quality and resolution are ignored if the request has `options`.',
  });

const filter = z
  .object({ filter: argumentText.min(1).describe('A filter graph in the syntax of FFmpeg.') })
  .meta({ id: 'Filter', description: 'A part of the `-filter_complex`.' });

const rung = z
  .object({
    height: z
      .number()
      .int()
      .min(64)
      .max(4320)
      .multipleOf(2, rule('is an odd number, which no video codec supports', 'Send an even number, such as 720'))
      .describe(
        'The short side of the frame in pixels: the height of a landscape video, the width of a portrait video.',
      ),
    bitrate: nullable(bitrate).describe(
      'Average bit rate of the video: bits per second, or a string such as `2800k`. By default, the encoder aims at a constant quality, up to a maximum bit rate that depends on the height.',
    ),
    codec: nullable(z.enum(LADDER_CODECS)).describe('Defaults to `h264`.'),
  })
  .meta({ id: 'Rung', description: 'A rendition of a ladder.' });

/** Maximum number of renditions of one ladder. */
const MAX_RUNGS = 10;

const MAX_SUBTITLE_URL = 2048;

/** Fields that only streaming formats accept. */
const ladderFields = {
  ladder: nullable(z.union([z.literal('auto'), z.array(rung).min(1).max(MAX_RUNGS)])).describe(
    'The renditions of a streaming format. `auto`, the default, chooses them by the size of the source, and by samples of it: an easy source gets fewer and smaller renditions. Airlock never scales up.',
  ),
  subtitles: nullable(z.string().min(1).max(MAX_SUBTITLE_URL)).describe(
    'URL of SRT or WebVTT subtitles for a streaming format: an `https://` URL, or the `fileUrl` of an upload. The value `transcribe` adds subtitles of the speech, if the server has a speech model.',
  ),
  segment_seconds: nullable(z.number().int().min(2).max(10)).describe(
    'Duration of each segment of a streaming format in seconds. Defaults to 4.',
  ),
  encryption: nullable(z.enum(['aes-128'])).describe('Encrypts the segments of an `hls` output with a new key.'),
};

/** Formats that a request may name. */
export const REQUEST_FORMATS = [...OUTPUT_FORMATS, ...TILE_FORMATS, ...LADDER_FORMATS] as const;

/** Fields that determine how an output is made. They are at the top level of a request for one output, and in each entry of `outputs`. */
export const outputFields = {
  preset: nullable(preset).describe('Quality and size by name. Ignored if the request has `options`.'),
  options: nullable(z.array(option).max(256)).describe('FFmpeg options for the output, in order.'),
  filters: nullable(z.array(filter).max(64)).describe('Joined with `;` into one `-filter_complex`.'),
  ...pictureFields,
  ...ladderFields,
  ...qualityFields,
};

const outputName = z
  .string()
  .regex(
    OUTPUT_NAME,
    rule(
      'is not a valid output name',
      'Use 1 to 32 lower-case letters, digits and hyphens, starting with a letter or a digit',
    ),
  );

export const outputRequest = z
  .object({
    name: nullable(outputName).describe(
      'Name of the output in the job and in downloads. Defaults to its format. A second `mp4` gets the name `mp4-2`.',
    ),
    outputFormat: z
      .enum([...REQUEST_FORMATS, ...TEXT_FORMATS])
      .describe(
        'The format of this output. `srt` and `vtt` are captions of the speech in the first output with sound.',
      ),
    ...outputFields,
    bitrate: nullable(bitrate).describe(
      'Bit rate of the video, or of the audio if the output is an audio format: a number of bits per second, or a string such as `2800k`.',
    ),
    destination: destinationField.describe(
      'Also delivers a copy of this output there. Replaces the `destination` of the job for this output.',
    ),
  })
  .meta({ id: 'OutputRequest', description: 'One of several outputs of a job.' });

export type OutputBody = z.infer<typeof outputRequest>;

/** Fields that describe the only output of a job. */
const OF_ONE_OUTPUT = ['outputFormat', ...(Object.keys(outputFields) as (keyof typeof outputFields)[])] as const;

/**
 * Whether a rule of a body can run. Used as `when`, so that the rule runs even if other fields are invalid, and one response reports all
 * faults.
 */
export function isBody({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type OneOutput = Partial<Record<(typeof OF_ONE_OUTPUT)[number], unknown>>;

/** Rejects `outputs` together with fields of a single output, repeated names, and fields that a format does not accept. */
export function checkOutputs(body: OneOutput & { outputs?: OutputBody[] | undefined }, context: z.RefinementCtx) {
  const { outputs } = body;
  const checkEach = (output: Parameters<typeof checkTiles>[0] & OneOutput, path: (string | number)[]) => {
    checkTiles(output, (field, message) => context.addIssue({ code: 'custom', path: [...path, field], message }));
    checkFields(output, path, context);
    checkQuality(output, (field, message) => context.addIssue({ code: 'custom', path: [...path, ...field], message }));
  };
  if (!outputs) return checkEach(body, []);
  for (const [index, output] of outputs.entries()) checkEach(output, ['outputs', index]);
  const report = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (outputs.every(({ outputFormat }) => isTextFormat(outputFormat)))
    report(['outputs'], rule('contains only captions', 'Add an output with sound, or use POST /v1/transcribe'));
  for (const field of OF_ONE_OUTPUT.filter((name) => body[name] !== undefined)) {
    report(
      [field],
      rule('cannot be combined with outputs', `Move ${field} into each entry of outputs, or omit outputs`),
    );
  }
  for (const [index, { name }] of outputs.entries()) {
    const isRepeated = name !== undefined && outputs.slice(0, index).some((other) => other.name === name);
    if (isRepeated)
      report(
        ['outputs', index, 'name'],
        rule(`is "${name}", the name of another output`, 'Give each output a different name'),
      );
  }
}

const OF_LADDERS = ['ladder', 'segment_seconds', 'encryption', 'subtitles'] as const;
const OF_FILES = ['preset', 'options', 'filters', 'bitrate', 'still', 'preview', 'waveform'] as const;

const OF_NO_TEXT = [...OF_LADDERS, ...OF_FILES, 'target', 'measure', 'max_bitrate'] as const;

/** Rejects fields that do not apply to the format of an output: captions, a ladder, or another format. */
function checkFields(
  output: OneOutput & { bitrate?: unknown },
  path: (string | number)[],
  context: z.RefinementCtx,
): void {
  const { outputFormat: format, encryption } = output;
  if (typeof format !== 'string') return;
  const report = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [...path, field], message });
  if (isTextFormat(format)) {
    for (const field of OF_NO_TEXT.filter((name) => output[name] !== undefined))
      report(field, rule(`does not apply to the format ${format}`, `Omit ${field}`));
    return;
  }
  const isLadder = isLadderFormat(format);
  for (const field of (isLadder ? OF_FILES : OF_LADDERS).filter((name) => output[name] !== undefined)) {
    const remedy = isLadder ? `Omit ${field}: ladder sets the renditions` : `Omit ${field}, or send hls, dash or cmaf`;
    report(field, rule(`does not apply to the format ${format}`, remedy));
  }
  if (isLadder && format !== 'hls' && encryption !== undefined)
    report('encryption', rule(`is not available for the format ${format}`, 'Send the format hls, or omit encryption'));
}
