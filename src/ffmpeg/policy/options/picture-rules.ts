import { PICTURE_FIELDS, PICTURE_FORMATS } from '../../../contract/picture-outputs.ts';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { Rejection } from '../../types.ts';

/** Fields of an output that Airlock does not combine with its own filters and encoder settings. */
const OTHERS = ['preset', 'options', 'filters', 'bitrate'] as const;

/** Rejects `still`, `preview` and `waveform` in formats that cannot contain them, and together with other settings. */
export function checkPicture(request: TranscodeRequest, prefix: string): Rejection[] {
  const [name, ...more] = PICTURE_FIELDS.filter((field) => request[field] !== undefined);
  if (name === undefined) return [];
  const reject = (field: string, reason: string, suggestion: string): Rejection => ({
    ...{ field: `${prefix}${field}`, option: name, reason, suggestion },
  });
  const formats = PICTURE_FORMATS[name];
  const others = OTHERS.filter((field) => isSet(request[field]));
  const hasInputOptions = request.inputs.some(({ options }) => isSet(options));
  return [
    ...more.map((field) =>
      reject(field, `An output cannot have both ${name} and ${field}.`, 'Use an output for each.'),
    ),
    ...(formats.includes(request.outputFormat)
      ? []
      : [reject(name, `A ${request.outputFormat} cannot contain a ${name}.`, `Set the format to ${orList(formats)}.`)]),
    ...others.map((field) => reject(field, `${name} cannot be combined with ${field}.`, `Omit ${field}.`)),
    ...(hasInputOptions
      ? [reject(name, `${name} cannot be combined with options of the inputs.`, 'Send it as a job of its own.')]
      : []),
  ];
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** `a, b or c` */
function orList(words: readonly string[]): string {
  const last = words.at(-1)!;
  return words.length === 1 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
