/** Offset of the boxes in a video sample entry: after the box header and the fixed fields. */
const VIDEO_BOXES = 8 + 78;
/** The same of audio, version 0 and 1. */
const AUDIO_BOXES = [8 + 28, 8 + 44] as const;
const AUDIO_VERSION_AT = 8 + 8;

export interface EntryBox {
  type: string;
  body: Buffer;
}

/** The boxes of a sample entry that was rewritten, so that their sizes are right; null for a rare version of audio. */
export function boxesOfEntry(kind: 'video' | 'audio', entry: Buffer): EntryBox[] | null {
  const first = kind === 'video' ? VIDEO_BOXES : AUDIO_BOXES[entry.readUInt16BE(AUDIO_VERSION_AT)];
  if (first === undefined) return null;
  const boxes: EntryBox[] = [];
  for (let at = first; at + 8 <= entry.length; ) {
    const size = Math.max(8, entry.readUInt32BE(at));
    boxes.push({ type: entry.toString('latin1', at + 4, at + 8), body: entry.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}
