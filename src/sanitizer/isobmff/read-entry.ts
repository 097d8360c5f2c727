import type { FileBytes } from '../file-bytes.ts';
import { checkSize } from '../limits.ts';
import { NotRewritable, Rejected, SeveralDescriptions } from '../verdicts.ts';
import { type Box, type BoxBudget, boxesIn, content, makeBox, printable } from './boxes.ts';
import { rewriteEsds } from './esds.ts';

/** Types of the sample entries that the reader supports. Uncompressed video and palettes, for example, are not supported. */
const VIDEO = new Set([
  ...['avc1', 'avc3', 'hvc1', 'hev1', 'av01', 'vp08', 'vp09', 'mp4v', 's263', 'H263', 'jpeg', 'mjpa', 'png '],
  ...['apco', 'apcs', 'apcn', 'apch', 'ap4h', 'ap4x'],
]);
const AUDIO = new Set([
  ...['mp4a', 'Opus', 'fLaC', 'alac', 'ac-3', 'ec-3', '.mp3', 'samr', 'sawb'],
  ...['sowt', 'twos', 'in24', 'in32', 'fl32', 'fl64', 'lpcm', 'ulaw', 'alaw', 'ipcm', 'fpcm'],
]);

/** Types of the boxes of a sample entry that are kept: decoder configuration, pixel aspect ratio, fields, color, HDR, channels. */
const KEPT = new Set([
  ...['avcC', 'hvcC', 'av1C', 'vpcC', 'pasp', 'colr', 'fiel', 'clap', 'mdcv', 'clli', 'SmDm', 'CoLL', 'amve'],
  ...['dvcC', 'dvvC', 'd263', 'dOps', 'dfLa', 'alac', 'dac3', 'dec3', 'damr', 'chan', 'chnl', 'pcmC', 'enda', 'frma'],
]);
/** The type of the atom that ends a list of atoms in QuickTime. */
const TERMINATOR = '\0\0\0\0';
/** Types of boxes that do not affect what FFmpeg decodes. */
const IGNORED = new Set([
  'btrt',
  'free',
  'skip',
  'wide',
  'gama',
  'taptc',
  'uuid',
  'srat',
  'mp4a',
  'samr',
  'chrm',
  TERMINATOR,
]);
const MAX_ENTRY_BOX = 256 * 1024;

/** Number of bytes of the fixed fields of a video description. */
const VIDEO_FIELDS = 78;
/** Number of bytes of the fixed fields of audio descriptions, version 0, 1 and 2 (QuickTime File Format, "Sound Sample Descriptions"). */
const AUDIO_FIELDS = [28, 44, 64] as const;

/** Reads the only sample entry of a track, and rewrites it. */
export function readSampleEntry(file: FileBytes, stsd: Box, kind: 'video' | 'audio', budget: BoxBudget): Buffer {
  const head = Buffer.from(file.read(stsd.body, Math.min(8, stsd.end - stsd.body)));
  if (head.length < 8) throw new Rejected('invalid_media', 'has a stream without its "stsd".');
  const entries = [...boxesIn(file, stsd.body + 8, stsd.end, budget)];
  const entry = entries[0];
  if (!entry) throw new Rejected('invalid_media', 'has a stream without a description.');
  if (kind === 'video') checkFrameSize(file, entry);
  if (entries.length !== 1 || head.readUInt32BE(4) !== 1)
    throw new SeveralDescriptions(kind === 'video' && haveSizes(file, entries));
  if (head[0] !== 0) throw new NotRewritable('describes its streams in an unsupported version');
  if (!(kind === 'video' ? VIDEO : AUDIO).has(entry.type)) {
    throw new NotRewritable(`contains "${printable(entry.type)}", which the reader does not support`);
  }
  const fields = kind === 'video' ? VIDEO_FIELDS : audioFields(file, entry);
  if (entry.body + fields > entry.end) throw new Rejected('invalid_media', 'has a stream without a description.');
  const fixed = Buffer.from(file.read(entry.body, fields));
  // There is only one data reference. The encoder's name is dropped.
  fixed.fill(0, 0, 6).writeUInt16BE(1, 6);
  if (kind === 'video') fixed.fill(0, 42, 74);
  return makeBox(entry.type, fixed, ...keptBoxes(file, entry.body + fields, entry.end, budget, 0));
}

/** Number of bytes of the head of a sample entry of subtitles, and of the style after it (3GPP TS 26.245). */
const ENTRY_HEAD = 8;
const TEXT_STYLE = 30;
const MAX_TEXT_ENTRY = 4096;
const FONT_AT = 22;
/** FFmpeg's default. It writes the names of other fonts into every subtitle. */
const DEFAULT_FONT = 'Arial';
/** Style of subtitles of QuickTime: white text of 18 points at the bottom. */
const PLAIN_STYLE = Buffer.from('0000000001ff0000000000000000000000000000000000010012ffffffff', 'hex');

/** Reads the only sample entry of a track of subtitles. Drops the names of fonts. Throws `NotRewritable` or `Rejected`. */
export function readTextEntry(file: FileBytes, stsd: Box, budget: BoxBudget): Buffer {
  const [entry, ...others] = boxesIn(file, stsd.body + 8, stsd.end, budget);
  const isPlain = entry?.type === 'text';
  if (!entry || others.length > 0 || !(isPlain || entry.type === 'tx3g')) {
    throw new NotRewritable('has subtitles of another type');
  }
  const described = () => content(file, entry, MAX_TEXT_ENTRY, ENTRY_HEAD + TEXT_STYLE).subarray(ENTRY_HEAD);
  const style = isPlain ? PLAIN_STYLE : Buffer.from(described().subarray(0, TEXT_STYLE));
  const name = Buffer.from(DEFAULT_FONT);
  const fonts = makeBox(
    'ftab',
    Buffer.from([0, 1]),
    style.subarray(FONT_AT, FONT_AT + 2),
    Buffer.from([name.length]),
    name,
  );
  return makeBox('tx3g', Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]), style, fonts);
}

/** Returns whether descriptions of video declare different sizes. */
function haveSizes(file: FileBytes, entries: readonly Box[]): boolean {
  const sizes = entries.map((entry) => {
    checkFrameSize(file, entry);
    return file.read(entry.body + 24, 4).readUInt32BE(0);
  });
  return new Set(sizes).size > 1;
}

function checkFrameSize(file: FileBytes, entry: Box): void {
  if (entry.body + VIDEO_FIELDS > entry.end) throw new Rejected('invalid_media', 'has a stream without a description.');
  const fixed = file.read(entry.body, VIDEO_FIELDS);
  checkSize(fixed.readUInt16BE(24), fixed.readUInt16BE(26));
}

function audioFields(file: FileBytes, entry: Box): number {
  if (entry.body + 10 > entry.end) throw new Rejected('invalid_media', 'has a stream without a description.');
  const fields = AUDIO_FIELDS[file.read(entry.body, 10).readUInt16BE(8)];
  if (fields === undefined) throw new NotRewritable('describes its audio in an unsupported version');
  return fields;
}

function keptBoxes(file: FileBytes, from: number, to: number, budget: BoxBudget, depth: number): Buffer[] {
  const boxes: Buffer[] = [];
  for (const box of boxesIn(file, from, to, budget)) {
    if (box.type === 'esds') boxes.push(rewriteEsds(content(file, box, MAX_ENTRY_BOX)));
    // QuickTime nests the decoder configuration of audio one level deeper.
    else if (box.type === 'wave' && depth === 0)
      boxes.push(makeBox('wave', ...keptBoxes(file, box.body, box.end, budget, 1)));
    else if (KEPT.has(box.type)) boxes.push(makeBox(box.type, content(file, box, MAX_ENTRY_BOX)));
    else if (!IGNORED.has(box.type)) {
      throw new NotRewritable(`describes its streams with "${printable(box.type)}", which the reader does not support`);
    }
  }
  return boxes;
}
