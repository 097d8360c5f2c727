import { OptionSet } from '../policy/options/option-set.ts';
import type { ParsedOption } from '../policy/options/options.ts';
import type { PlanInput, Rotation, VideoStream } from '../types.ts';

const TURNING = ['display_rotation', 'display_hflip', 'display_vflip'];

/** Applies the options of an input that change its orientation. */
export function shownInput(input: PlanInput, parsed: readonly ParsedOption[]): PlanInput {
  const options = new OptionSet(parsed);
  if (!isTurned(options)) return input;
  const video = input.info.video.map((stream) => turned(stream, rotationOf(stream, options)));
  return { ...input, info: { ...input.info, video } };
}

/** Whether the options of an input change its orientation. */
export function isTurned(options: OptionSet): boolean {
  return TURNING.some((name) => options.has(name));
}

function rotationOf(stream: VideoStream, options: OptionSet): Rotation {
  const stated = options.number('display_rotation');
  // A flip without a rotation replaces the rotation of the file.
  if (stated === null) return options.has('display_hflip') || options.has('display_vflip') ? 0 : stream.rotation;
  const clockwise = (((-stated % 360) + 360) % 360) / 90;
  // Any other angle rotates the picture within the frame, whose size does not change.
  return Number.isInteger(clockwise) ? ((clockwise * 90) as Rotation) : 0;
}

function turned(stream: VideoStream, rotation: Rotation): VideoStream {
  const isTurned = (degrees: Rotation) => degrees === 90 || degrees === 270;
  if (isTurned(rotation) === isTurned(stream.rotation)) return { ...stream, rotation };
  return { ...stream, rotation, displayWidth: stream.displayHeight, displayHeight: stream.displayWidth };
}
