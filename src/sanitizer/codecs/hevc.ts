import { mustBe } from './bits.ts';
import { colorNames, colorRange } from './color.ts';
import { readSequence, readVideoSet } from './hevc-sets.ts';
import { messagesOf } from './nal.ts';
import { type Picture, planarFormat } from './types.ts';

const HEAD = 2;
const VPS = 32;
const SPS = 33;
const PPS = 34;
const SEI: ReadonlySet<number> = new Set([39, 40]);
/** Type of the message that overrides the transfer characteristics. */
const ALTERNATIVE_TRANSFER = 147;
/** Number of bytes of the fields before the arrays of parameter sets. */
const FIXED_BYTES = 22;

const PROFILES: Readonly<Record<number, string>> = {
  ...{ 1: 'Main', 2: 'Main 10', 3: 'Main Still Picture', 4: 'Rext', 6: 'Multiview Main', 9: 'Scc' },
};
const CHROMA = [null, '420', '422', '444'] as const;
const RGB = 0;

/**
 * Reads the decoder configuration of HEVC (ISO/IEC 14496-15, 8.3.3.1). FFmpeg decodes no picture to describe such a stream. Throws
 * `Unclear` unless there is exactly one video parameter set, followed by exactly one sequence parameter set.
 */
export function readHevc(config: Buffer): Picture {
  const units = unitsOf(config);
  const [video, ...otherVideo] = units.filter(({ type }) => type === VPS);
  const [sequence, ...otherSequences] = units.filter(({ type }) => type === SPS);
  mustBe(video !== undefined && sequence !== undefined && otherVideo.length + otherSequences.length === 0);
  mustBe(units.indexOf(video) < units.indexOf(sequence));
  for (const { type, unit } of units) {
    if (SEI.has(type)) mustBe(messagesOf(unit, HEAD).every((message) => message.type !== ALTERNATIVE_TRANSFER));
    else mustBe([VPS, SPS, PPS].includes(type));
  }
  const { profile, chroma, depth, width, height, vui } = readSequence(sequence.unit, readVideoSet(video.unit));
  const isFull = vui?.isFull === true;
  mustBe(chroma !== 0 && vui?.color?.[2] !== RGB);
  const names = vui?.color ?? [2, 2, 2];
  return {
    ...{ codec: 'hevc', profile: PROFILES[profile] ?? String(profile), width, height },
    pixelFormat: planarFormat(CHROMA[chroma]!, depth, isFull && chroma === 1),
    color: { ...colorNames(...(names as [number, number, number])), colorRange: colorRange(isFull) },
    aspect: vui?.aspect ?? null,
  };
}

function unitsOf(config: Buffer): { type: number; unit: Buffer }[] {
  mustBe(config.length > FIXED_BYTES && config[0] === 1);
  const units: { type: number; unit: Buffer }[] = [];
  let at = FIXED_BYTES + 1;
  for (let arrays = config[FIXED_BYTES]!; arrays > 0; arrays--) {
    mustBe(at + 3 <= config.length);
    const count = config.readUInt16BE(at + 1);
    at += 3;
    mustBe(count < 64);
    for (let left = count; left > 0; left--) {
      mustBe(at + 2 <= config.length);
      const unit = config.subarray(at + 2, at + 2 + config.readUInt16BE(at));
      at += 2 + unit.length;
      // The unit must belong to the base layer.
      mustBe(unit.length > HEAD && unit.length === config.readUInt16BE(at - unit.length - 2));
      mustBe((unit[0]! & 0x81) === 0 && unit[1]! >> 3 === 0 && (unit[1]! & 7) > 0);
      units.push({ type: unit[0]! >> 1, unit });
    }
  }
  return units;
}
