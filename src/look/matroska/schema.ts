/* RFC 9559: the elements that change what FFmpeg decodes. What is on no list here is not carried on. */

/** Kinds of content: unsigned, signed, float, text, bytes, or further elements. */
export type Rule = 'unsigned' | 'signed' | 'float' | 'text' | 'bytes' | Rules | 'drop';
export interface Rules {
  [id: number]: Rule;
}

export const ID = {
  header: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codecId: 0x86,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  reference: 0xfb,
  cues: 0x1c53bb6b,
  attachments: 0x1941a469,
  tags: 0x1254c367,
  chapters: 0x1043a770,
} as const;

/** Padding and checksums may stand anywhere. */
const ANYWHERE: Rules = { 236: 'drop', 191: 'drop' };

const MASTERING: Rules = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [0x55d1 + index, 'float' as const]),
);
const COLOUR: Rules = {
  ...ANYWHERE,
  ...Object.fromEntries(Array.from({ length: 13 }, (_, index) => [0x55b1 + index, 'unsigned' as const])),
  21968: { ...ANYWHERE, ...MASTERING },
};
const PROJECTION: Rules = {
  ...ANYWHERE,
  ...{ 30321: 'unsigned', 30322: 'bytes', 30323: 'float', 30324: 'float', 30325: 'float' },
};
const VIDEO: Rules = {
  ...ANYWHERE,
  // Size, cropping, display size and its unit, aspect ratio type.
  ...{ 176: 'unsigned', 186: 'unsigned', 21674: 'unsigned', 21691: 'unsigned', 21708: 'unsigned' },
  ...{ 21725: 'unsigned', 21680: 'unsigned', 21690: 'unsigned', 21682: 'unsigned', 21683: 'unsigned' },
  // Interlacing, field order, stereo (twice), alpha.
  ...{ 154: 'unsigned', 157: 'unsigned', 21432: 'unsigned', 21433: 'unsigned', 21440: 'unsigned' },
  // Uncompressed pixel format, gamma, frame rate.
  ...{ 3061028: 'bytes', 3126563: 'float', 2327523: 'float' },
  21936: COLOUR,
  30320: PROJECTION,
};
const AUDIO: Rules = {
  ...ANYWHERE,
  ...{ 181: 'float', 30901: 'float', 159: 'unsigned', 25188: 'unsigned', 21233: 'unsigned' },
};
export const TRACK: Rules = {
  ...ANYWHERE,
  // Number, UID, type; enabled, default, forced, lacing; hearing, visual, description, original, commentary.
  ...{ 215: 'unsigned', 29637: 'unsigned', 131: 'unsigned', 185: 'unsigned', 136: 'unsigned', 21930: 'unsigned' },
  ...{ 156: 'unsigned', 21931: 'unsigned', 21932: 'unsigned', 21933: 'unsigned', 21934: 'unsigned' },
  21935: 'unsigned',
  // Durations, time scale, largest addition; languages; codec, its set-up, delay, pre-roll.
  ...{ 2352003: 'unsigned', 2313850: 'unsigned', 2306383: 'float', 21998: 'unsigned' },
  ...{ 2274716: 'text', 2274717: 'text', 134: 'text', 25506: 'bytes', 170: 'unsigned' },
  ...{ 22186: 'unsigned', 22203: 'unsigned' },
  16868: { ...ANYWHERE, 16880: 'unsigned', 16804: 'drop', 16871: 'unsigned', 16877: 'bytes' },
  [ID.video]: VIDEO,
  225: AUDIO,
  // Names of track and codec, caches.
  ...{ 21358: 'drop', 2459272: 'drop', 28135: 'drop', 28152: 'drop' },
};
export const INFO: Rules = {
  ...ANYWHERE,
  [ID.timestampScale]: 'unsigned',
  [ID.duration]: 'float',
  // Programs, title, date, UIDs and names of segments.
  ...{ 19840: 'drop', 22337: 'drop', 31657: 'drop', 17505: 'drop', 29604: 'drop', 29572: 'drop' },
};
export const BLOCK_GROUP: Rules = {
  ...ANYWHERE,
  [ID.block]: 'bytes',
  // Duration, references, padding to be cut, additions (alpha).
  ...{ 155: 'unsigned', [ID.reference]: 'signed', 30114: 'signed', 250: 'drop' },
  30113: { ...ANYWHERE, 166: { ...ANYWHERE, 238: 'unsigned', 165: 'bytes' } },
};
