/** Types of the payloads in a SEI unit of H.264 (ITU-T H.264, 7.3.2.3.1); null if it is cut off or empty. */
export function payloadTypes(unit: Buffer): number[] | null {
  const bytes = withoutEmulation(unit.subarray(1));
  const types: number[] = [];
  let at = 0;
  /** A number as bytes of 255 and a last one. */
  const sum = () => {
    let value = 0;
    for (; bytes[at] === 255; at++) value += 255;
    return value + (bytes[at++] ?? 0);
  };
  // The last byte is the trailing bits.
  while (at + 1 < bytes.length) {
    types.push(sum());
    const length = sum();
    at += length;
  }
  return types.length > 0 && at + 1 === bytes.length && bytes[at] === 0x80 ? types : null;
}

/** Drops the byte 3 that keeps 0 0 from being read as a start code. */
function withoutEmulation(bytes: Buffer): Buffer {
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
