/* Checks of files other than the inputs by their bytes, because names and content types are not trusted. */

import type { AssetKind } from '../types.ts';

/** Maximum bytes of an asset that is read completely. Pictures and media are bounded like inputs. */
export const ASSET_BYTES: Readonly<Record<Exclude<AssetKind, 'picture' | 'media'>, number>> = {
  subtitle: 10 * 2 ** 20,
  lut: 10 * 2 ** 20,
  font: 20 * 2 ** 20,
};

/**
 * Maximum number of lines of a subtitle file, and of events of an ASS file. A karaoke file of a complete film has about 20,000 events. The
 * memory of libass grows with the number of events (2.7 GB for 2,000 lines with large blurs), so the cell's memory limit applies as well.
 */
const MAX_SUBTITLE_LINES = 200_000;
const MAX_ASS_EVENTS = 20_000;
const MAX_LINE = 65_536;
/** Levels of the largest tables that FFmpeg's lut3d and lut1d read (libavfilter/lut3d.h: MAX_LEVEL and MAX_1D_LEVEL). */
const MAX_LUT_3D = 256;
const MAX_LUT_1D = 65_536;

export type AssetContent = { ok: true; extension: string } | { ok: false; reason: string };

/** Checks the bounds of a subtitle file of known format; `reason` continues "The subtitle file …". */
export function checkSubtitles(bytes: Uint8Array, demuxer: string): AssetContent {
  const text = decode(bytes);
  if (text === null) return { ok: false, reason: 'is not UTF-8 text' };
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > MAX_SUBTITLE_LINES) return { ok: false, reason: `has more than ${MAX_SUBTITLE_LINES} lines` };
  if (lines.some((line) => line.length > MAX_LINE)) {
    return { ok: false, reason: `has a line of more than ${MAX_LINE} characters` };
  }
  if (demuxer === 'ass') {
    const events = lines.filter((line) => /^\s*Dialogue\s*:/i.test(line)).length;
    if (events === 0) return { ok: false, reason: 'contains no subtitles' };
    if (events > MAX_ASS_EVENTS) return { ok: false, reason: `contains more than ${MAX_ASS_EVENTS} events` };
    return { ok: true, extension: 'ass' };
  }
  if (!lines.some((line) => line.includes('-->'))) return { ok: false, reason: 'contains no subtitles' };
  return { ok: true, extension: demuxer === 'webvtt' ? 'vtt' : 'srt' };
}

/** Checks a color table in the format `.cube` of Adobe or Resolve, or `.3dl` of Autodesk. `reason` continues "The LUT file …". */
export function checkLut(bytes: Uint8Array): AssetContent {
  const text = decode(bytes);
  if (text === null) return { ok: false, reason: 'is not text, as .cube and .3dl files are' };
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  const meaningful = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const size = meaningful.map((line) => /^LUT_([13])D_SIZE\s+(\d{1,6})$/.exec(line)).find((match) => match !== null);
  if (size) {
    const [levels, most] = [Number(size[2]), size[1] === '3' ? MAX_LUT_3D : MAX_LUT_1D];
    if (levels < 2 || levels > most) return { ok: false, reason: `declares a table of ${levels} levels` };
    const wrong = meaningful.find((line) => !CUBE_LINE.test(line));
    if (wrong !== undefined) return { ok: false, reason: 'contains lines that are not valid in a .cube file' };
    const rows = meaningful.filter((line) => /^[-+.\d]/.test(line)).length;
    if (rows < (size[1] === '3' ? levels ** 3 : levels)) return { ok: false, reason: 'ends before its table does' };
    return { ok: true, extension: 'cube' };
  }
  const rows = meaningful.filter((line) => /^\d+(?:\s+\d+){2}$/.test(line)).length;
  if (rows >= 8 && meaningful.every((line) => MESH_LINE.test(line))) return { ok: true, extension: '3dl' };
  return { ok: false, reason: 'is neither a .cube nor a .3dl file' };
}

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?`;
const CUBE_LINE = new RegExp(
  String.raw`^(?:TITLE\s.*|LUT_[13]D_(?:SIZE\s+\d+|INPUT_RANGE(?:\s+${NUMBER}){2})|DOMAIN_(?:MIN|MAX)(?:\s+${NUMBER}){3}|${NUMBER}(?:\s+${NUMBER}){2})$`,
);
const MESH_LINE = /^(?:3DMESH|mesh(?:\s+\d+){2}|gamma\s+[\d.]+|LUT8|\d+(?:\s+\d+)*)$/i;

/** Checks whether the file is TrueType, OpenType, or a collection (ISO/IEC 14496-22). `reason` continues "The font file …". */
export function checkFont(bytes: Uint8Array): AssetContent {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  if (magic === '\0\x01\0\0' || magic === 'true') return { ok: true, extension: 'ttf' };
  if (magic === 'OTTO') return { ok: true, extension: 'otf' };
  if (magic === 'ttcf') return { ok: true, extension: 'ttc' };
  return { ok: false, reason: 'is neither a TrueType nor an OpenType font' };
}

function decode(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
