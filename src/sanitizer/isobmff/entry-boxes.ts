/** Offset of the boxes in a sample entry: after the box header and the fixed fields. */
const VIDEO_BOXES = 8 + 78;
/** The same in audio entries, by version. */
const AUDIO_BOXES = [8 + 28, 8 + 44, 8 + 64] as const;
const AUDIO_VERSION_AT = 8 + 8;

/** Content of each box of a rewritten sample entry, by type. Null if a type occurs twice. */
export function entryBoxes(kind: 'video' | 'audio', entry: Buffer): Map<string, Buffer> | null {
  const from = kind === 'video' ? VIDEO_BOXES : AUDIO_BOXES[entry.readUInt16BE(AUDIO_VERSION_AT)];
  return from === undefined ? null : boxesOf(entry.subarray(from));
}

/** The same of a box that contains nothing else. */
export function boxesOf(bytes: Buffer): Map<string, Buffer> | null {
  const boxes = new Map<string, Buffer>();
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (size < 8 || at + size > bytes.length || boxes.has(type)) return null;
    boxes.set(type, bytes.subarray(at + 8, at + size));
    at += size;
  }
  return boxes;
}
