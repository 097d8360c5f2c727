/* RFC 9559: the elements that affect what FFmpeg decodes. Elements that are not listed here are rejected. */

/** Type of the content: a value, or child elements with their own rules. `drop` omits the element. */
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
  flagEnabled: 0xb9,
  flagDefault: 0x88,
  codecId: 0x86,
  contentEncodings: 0x6d80,
  contentEncoding: 0x6240,
  contentEncryption: 0x5035,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  displayWidth: 0x54b0,
  displayHeight: 0x54ba,
  displayUnit: 0x54b2,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  blockDuration: 0x9b,
  reference: 0xfb,
  cues: 0x1c53bb6b,
  attachments: 0x1941a469,
  tags: 0x1254c367,
  chapters: 0x1043a770,
} as const;

/** Returns the same rule for several elements, by their ids as written in RFC 9559. */
function all(rule: Rule, ...ids: number[]): Rules {
  return Object.fromEntries(ids.map((id) => [id, rule]));
}

/** Rules for padding and checksums, which may appear anywhere. */
const ANYWHERE = all('drop', 0xec, 0xbf);

/** Rules for primaries and white point, minimum and maximum luminance. */
const MASTERING = all('float', 0x55d1, 0x55d2, 0x55d3, 0x55d4, 0x55d5, 0x55d6, 0x55d7, 0x55d8, 0x55d9, 0x55da);
const COLOUR: Rules = {
  ...ANYWHERE,
  // Matrix, bits, chroma (six), range, transfer, primaries, and the two light levels.
  ...all('unsigned', 0x55b1, 0x55b2, 0x55b3, 0x55b4, 0x55b5, 0x55b6, 0x55b7, 0x55b8, 0x55b9, 0x55ba, 0x55bb),
  ...all('unsigned', 0x55bc, 0x55bd),
  ...all({ ...ANYWHERE, ...MASTERING }, 0x55d0),
};
const PROJECTION: Rules = {
  ...ANYWHERE,
  // Type, private data; yaw, pitch and roll, which declare the rotation of a picture.
  ...all('unsigned', 0x7671),
  ...all('bytes', 0x7672),
  ...all('float', 0x7673, 0x7674, 0x7675),
};
const VIDEO: Rules = {
  ...ANYWHERE,
  // Size, cropping, display size and its unit, aspect ratio type.
  ...all('unsigned', 0xb0, 0xba, 0x54aa, 0x54bb, 0x54cc, 0x54dd, 0x54b0, 0x54ba, 0x54b2, 0x54b3),
  // Interlacing, field order, stereo (twice), alpha.
  ...all('unsigned', 0x9a, 0x9d, 0x53b8, 0x53b9, 0x53c0),
  // Uncompressed pixel format; gamma, frame rate.
  ...all('bytes', 0x2eb524),
  ...all('float', 0x2fb523, 0x2383e3),
  ...all(COLOUR, 0x55b0),
  ...all(PROJECTION, 0x7670),
};
const AUDIO: Rules = {
  ...ANYWHERE,
  // Sampling rate, output sampling rate; channels, bits, emphasis.
  ...all('float', 0xb5, 0x78b5),
  ...all('unsigned', 0x9f, 0x6264, 0x52f1),
};
/** Rules for value, type and data of block additions. The name is dropped. */
const ADDITION: Rules = {
  ...ANYWHERE,
  ...all('unsigned', 0x41f0, 0x41e7),
  ...all('bytes', 0x41ed),
  ...all('drop', 0x41a4),
};
export const TRACK: Rules = {
  ...ANYWHERE,
  // Number, UID, type; enabled, default, forced, lacing; hearing, visual, description, original, commentary.
  ...all('unsigned', 0xd7, 0x73c5, 0x83, 0xb9, 0x88, 0x55aa, 0x9c, 0x55ab, 0x55ac, 0x55ad, 0x55ae, 0x55af),
  // Durations of frames and fields, largest addition, decode-all, delay, pre-roll; time scale.
  ...all('unsigned', 0x23e383, 0x234e7a, 0x55ee, 0xaa, 0x56aa, 0x56bb),
  ...all('float', 0x23314f),
  // Languages, codec; codec configuration.
  ...all('text', 0x22b59c, 0x22b59d, 0x86),
  ...all('bytes', 0x63a2),
  ...all(ADDITION, 0x41e4),
  ...all(VIDEO, ID.video),
  ...all(AUDIO, 0xe1),
  // Names of track and codec, caches.
  ...all('drop', 0x536e, 0x258688, 0x6de7, 0x6df8),
};
export const INFO: Rules = {
  ...ANYWHERE,
  ...all('unsigned', ID.timestampScale),
  ...all('float', ID.duration),
  // Programs, title; UIDs and names of segments.
  ...all('drop', 0x4d80, 0x5741, 0x7ba9, 0x4461, 0x73a4, 0x7384),
};
const BLOCK_ADDITION: Rules = { ...ANYWHERE, ...all('unsigned', 0xee), ...all('bytes', 0xa5) };
export const BLOCK_GROUP: Rules = {
  ...ANYWHERE,
  ...all('bytes', ID.block),
  // Duration; references, padding to discard; priority; additions (alpha).
  ...all('unsigned', 0x9b),
  ...all('signed', ID.reference, 0x75a2),
  ...all('drop', 0xfa),
  ...all({ ...ANYWHERE, ...all(BLOCK_ADDITION, 0xa6) }, 0x75a1),
};
