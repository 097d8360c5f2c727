/** Offset of the boxes in a video sample entry, after the box header and the fixed fields. */
const VIDEO_BOXES = 8 + 78;
/** Offset of the boxes in an audio sample entry, version 0 and 1. */
const AUDIO_BOXES = [8 + 28, 8 + 44] as const;
const AUDIO_VERSION_AT = 8 + 8;

export interface EntryBox {
  type: string;
  body: Buffer;
}

/** Returns the boxes of a rewritten sample entry, whose sizes are therefore valid. Returns null for a rare version of audio. */
export function boxesOfEntry(kind: 'video' | 'audio', entry: Buffer): EntryBox[] | null {
  const first = kind === 'video' ? VIDEO_BOXES : AUDIO_BOXES[entry.readUInt16BE(AUDIO_VERSION_AT)];
  if (first === undefined) return null;
  return boxesIn(entry.subarray(first));
}

/** Returns the boxes of which rewritten bytes consist. */
export function boxesIn(bytes: Buffer): EntryBox[] {
  const boxes: EntryBox[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = Math.max(8, bytes.readUInt32BE(at));
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

/** Returns the content of each box by its type; null if a type occurs more than once. */
export function byType(boxes: readonly EntryBox[] | null): Map<string, Buffer> | null {
  if (!boxes) return null;
  const found = new Map(boxes.map(({ type, body }) => [type, body]));
  return found.size === boxes.length ? found : null;
}
