/** Number of bytes of the length before each NAL unit. */
const LENGTH_BYTES = 4;
const SPS_TYPE = 7;
const PPS_TYPE = 8;

export interface AvcConfig {
  /** The level, multiplied by 10. */
  level: number;
  /** The parameter sets: one set of the sequence, and the sets of pictures. */
  sets: Buffer[];
}

/**
 * Reads the decoder configuration of H.264 (ISO/IEC 14496-15, 5.3.3.1). Returns null if the configuration is cut off, does not have exactly
 * one sequence parameter set, contradicts this set, has no picture parameter set, or has lengths of other than four bytes.
 */
export function readAvcConfig(body: Buffer): AvcConfig | null {
  if (body.length < 7 || body[0] !== 1 || (body[4]! & 3) + 1 !== LENGTH_BYTES || (body[5]! & 0x1f) !== 1) return null;
  const sets: Buffer[] = [];
  let at = 6;
  const take = (type: number): boolean => {
    const length = at + 2 <= body.length ? body.readUInt16BE(at) : 0;
    const set = body.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    sets.push(Buffer.from(set));
    return length > 0 && set.length === length && (set[0]! & 0x9f) === type;
  };
  if (!take(SPS_TYPE)) return null;
  const sps = sets[0]!;
  // Both the configuration and the parameter set state profile, constraints and level.
  if (sps.length < 4 || !sps.subarray(1, 4).equals(body.subarray(1, 4))) return null;
  const pictures = body[at++] ?? 0;
  if (pictures === 0) return null;
  for (let index = 0; index < pictures; index++) if (!take(PPS_TYPE)) return null;
  return { level: sps[3]!, sets };
}
