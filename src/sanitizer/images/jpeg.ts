import { mustBe } from '../codecs/bits.ts';
import type { Picture } from '../codecs/types.ts';
import type { FileBytes } from '../file-bytes.ts';
import { readRgbProfile } from './icc.ts';

/** Maximum size of a file in bytes, because the entire file is searched for markers. */
const MAX_BYTES = 128 * 2 ** 20;

const M = {
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dht: 0xc4,
  dri: 0xdd,
  app0: 0xe0,
  app15: 0xef,
  com: 0xfe,
} as const;
/** FFmpeg's names of the profiles, by start-of-frame marker. */
const PROFILES: Readonly<Record<number, string>> = { 192: 'Baseline', 193: 'Sequential', 194: 'Progressive' };
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** The facts that the segments before the pixels declare. */
interface Declared {
  frame: { profile: string; content: Buffer } | null;
  aspect: number | null;
  /** Color transform as Adobe declares it; -1 if it is not declared. */
  transform: number;
  /** Parts of the ICC profile, by number. */
  profile: Map<number, Buffer>;
}

/**
 * Reads a JPEG (ITU-T T.81) up to its end, which must be the end of the file. Throws `Unclear` for everything in which FFmpeg's decoder may
 * find another frame or several frames.
 */
export function readJpeg(file: FileBytes): Picture {
  mustBe(file.size >= 4 && file.size <= MAX_BYTES);
  const bytes = file.read(0, file.size);
  const declared: Declared = { frame: null, aspect: null, transform: -1, profile: new Map() };
  mustBe(bytes.readUInt16BE(0) === 0xffd8);
  for (let at = 2; ; ) {
    mustBe(at + 2 <= bytes.length && bytes[at] === 0xff);
    const marker = bytes[at + 1]!;
    if (marker === M.eoi) {
      mustBe(at + 2 === bytes.length);
      return describe(declared, bytes.length);
    }
    mustBe(at + 4 <= bytes.length);
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    mustBe(end >= at + 4 && end <= bytes.length);
    readSegment(marker, bytes.subarray(at + 4, end), declared);
    at = marker === M.sos ? afterScan(bytes, end) : end;
  }
}

function readSegment(marker: number, content: Buffer, declared: Declared): void {
  const profile = PROFILES[marker];
  if (profile !== undefined) {
    mustBe(declared.frame === null);
    declared.frame = { profile, content };
  } else if (marker === M.sos) mustBe(declared.frame !== null);
  else if (marker === M.dqt) checkTables(content);
  // FFmpeg searches these segments for markers.
  else if (marker === M.dht || marker === M.dri) mustBe(!content.includes(0xff));
  else if (marker === M.com) checkComment(content);
  else {
    mustBe(marker >= M.app0 && marker <= M.app15);
    readApplication(content, declared);
  }
}

/** Returns the offset of the marker after the pixels of a scan. */
function afterScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1]!;
    if (next !== 0 && !isRestart(next)) return at;
  }
  return bytes.length;
}

/** Checks the quantization tables: precision and number, and 64 values for each table. */
function checkTables(content: Buffer): void {
  for (let at = 0; at < content.length; ) {
    const [precision, table] = [content[at]! >> 4, content[at]! & 15];
    mustBe(precision <= 1 && table < 4);
    at += 1 + 64 * (precision + 1);
    mustBe(at <= content.length);
  }
}

/** Names of programs in comments that change how FFmpeg decodes the picture. */
const MEANINGFUL_COMMENT = /^(?:AVID|CS=|Intel|Metasoft|MULTISCOPE)/;

function checkComment(content: Buffer): void {
  mustBe(!MEANINGFUL_COMMENT.test(content.toString('latin1', 0, 16)));
}

/** Kinds of application data that change how FFmpeg decodes the picture. */
const MEANINGFUL_DATA: ReadonlySet<string> = new Set(['AVI1', 'LJIF', '_JPS', 'colr', 'xfrm']);
const LEAST_DATA = 5;
const PROFILE = 'ICC_PROFILE\0';

function readApplication(content: Buffer, declared: Declared): void {
  mustBe(content.length >= LEAST_DATA);
  const kind = content.toString('latin1', 0, 4);
  mustBe(!MEANINGFUL_DATA.has(kind));
  if (kind === 'JFIF') {
    mustBe(content.length >= 14 && content[12]! * content[13]! === 0);
    const [wide, tall] = [content.readUInt16BE(8), content.readUInt16BE(10)];
    declared.aspect = wide > 0 && tall > 0 ? wide / tall : null;
  }
  if (kind === 'Adob') {
    mustBe(content.length >= 12 && content[4] === 0x65);
    declared.transform = content[11]!;
  }
  if (content.toString('latin1', 0, PROFILE.length) === PROFILE && content.length > PROFILE.length + 2)
    declared.profile.set(content[PROFILE.length]!, content.subarray(PROFILE.length + 2));
}

/** FFmpeg's pixel formats by the horizontal and vertical sampling factors of each component. */
const FORMATS: Readonly<Record<string, string>> = {
  '11': 'gray',
  ...{ '22 11 11': 'yuvj420p', '21 11 11': 'yuvj422p', '12 11 11': 'yuvj440p', '11 11 11': 'yuvj444p' },
};
const COMPONENT_BYTES = 3;

function describe({ frame, aspect, transform, profile: parts }: Declared, fileBytes: number): Picture {
  mustBe(frame !== null);
  const { profile, content } = frame;
  mustBe(content.length >= 6);
  const [depth, height, width, count] = [content[0]!, content.readUInt16BE(1), content.readUInt16BE(3), content[5]!];
  mustBe(depth === 8 && (count === 1 || count === 3) && content.length === 6 + COMPONENT_BYTES * count);
  // FFmpeg rejects files that have less than two bits for each block.
  mustBe(profile === 'Progressive' || Math.ceil(width / 8) * Math.ceil(height / 8) <= fileBytes * 4);
  const components = Array.from({ length: count }, (_, index) => content.subarray(6 + COMPONENT_BYTES * index));
  mustBe(components.every((component) => component[2]! < 4));
  const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const rgbProfile = readRgbProfile(Buffer.concat(ordered));
  const shape = { codec: 'mjpeg', profile, width, height, aspect, rgbProfile };
  const pixelFormat = FORMATS[samplingOf(components)];
  mustBe(pixelFormat !== undefined);
  if (count === 1) return { ...shape, pixelFormat, color: { colorSpace: 'bt470bg' } };
  mustBe(transform !== 0 && Buffer.from(components.map((component) => component[0]!)).toString() !== 'RGB');
  return { ...shape, pixelFormat, color: { colorSpace: 'bt470bg', colorRange: 'pc' } };
}

/**
 * Returns the sampling factors in the form of `FORMATS`. If all components have factors of 2, the factors have the same meaning as factors
 * of 1.
 */
function samplingOf(components: readonly Buffer[]): string {
  const reduced = (factors: number[]) => (factors.every((factor) => factor === 2) ? factors.map(() => 1) : factors);
  const horizontal = reduced(components.map((component) => component[1]! >> 4));
  const vertical = reduced(components.map((component) => component[1]! & 15));
  return horizontal.map((factor, index) => `${factor}${vertical[index]}`).join(' ');
}
