import type { RgbProfile } from '../../ffmpeg/index.ts';
import type { Turn } from '../../ffmpeg/probe/still.ts';
import type { FileBytes } from '../file-bytes.ts';
import { readRgbProfile, rgbProfile } from '../images/icc.ts';
import { content, makeBox, printable } from '../isobmff/boxes.ts';
import { checkSize } from '../limits.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { fieldsOf } from './fields.ts';
import type { Property } from './item-tables.ts';

const MAX_CONFIG_BYTES = 64 * 1024;
/** Types of an auxiliary picture that contains the alpha channel (ISO/IEC 23008-12, 6.5.8, and the first edition of this standard). */
const ALPHA_NAMES = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];
/** Types of properties that do not affect the pixels. */
const IGNORED = new Set([
  'pixi',
  'clli',
  'mdcv',
  'amve',
  'cclv',
  'rloc',
  'lsel',
  'a1lx',
  'a1op',
  'udes',
  'rref',
  'auxC',
]);

/** The properties of an item. */
export interface ItemProperties {
  width: number;
  height: number;
  /** Box with the decoder configuration, `av1C` or `hvcC`; null for items without coded data. */
  config: Buffer | null;
  isDeep: boolean;
  /** Box with the color information (`colr` of type `nclx`). */
  colors: Buffer | null;
  /** Null = sRGB, or colors that are not converted. */
  rgbProfile: RgbProfile | null;
  turns: Turn[];
  isAlpha: boolean;
}

/** Reads the properties of an item. Throws `NotRewritable` for an essential property that is not supported. */
export function readProperties(file: FileBytes, properties: readonly Property[]): ItemProperties {
  const found: ItemProperties = {
    ...{ width: 0, height: 0, config: null, isDeep: false, colors: null, rgbProfile: null, turns: [], isAlpha: false },
  };
  for (const { box, essential } of properties) {
    const bytes = (minBytes: number) => content(file, box, MAX_CONFIG_BYTES, minBytes);
    if (box.type === 'ispe') Object.assign(found, readSize(bytes(12)));
    else if (box.type === 'av1C' || box.type === 'hvcC') {
      const config = bytes(box.type === 'av1C' ? 4 : 23);
      found.config = makeBox(box.type, config);
      found.isDeep = box.type === 'av1C' ? (config[2]! & 0x40) !== 0 : (config[17]! & 7) !== 0;
    } else if (box.type === 'colr') {
      found.colors ??= readColors(bytes(4));
      found.rgbProfile ??= readGamut(bytes(4));
    } else if (box.type === 'irot') found.turns.push({ kind: 'rotate', quarters: bytes(1)[0]! & 3 });
    else if (box.type === 'imir') found.turns.push({ kind: 'mirror', axis: bytes(1)[0]! & 1 ? 'x' : 'y' });
    else if (box.type === 'clap') found.turns.push(readAperture(bytes(32), found));
    else if (box.type === 'pasp') requireSquarePixels(bytes(8));
    else if (!IGNORED.has(box.type) && essential) {
      throw new NotRewritable(`describes its picture with "${printable(box.type)}", which the reader does not support`);
    }
    if (box.type === 'auxC') found.isAlpha = ALPHA_NAMES.some((name) => bytes(4).includes(`${name}\0`, 4, 'latin1'));
  }
  if (found.width === 0 || found.height === 0)
    throw new Rejected('invalid_media', 'does not declare the size of its picture.');
  return found;
}

function readSize(bytes: Buffer): { width: number; height: number } {
  const width = bytes.readUInt32BE(4);
  const height = bytes.readUInt32BE(8);
  checkSize(width, height);
  return { width, height };
}

/** Primaries of `nclx` (ITU-T H.273) that are larger than sRGB, in XYZ with the white D50. */
const GAMUTS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  9: [
    [0.6735, 0.279, -0.0019],
    [0.1657, 0.6753, 0.03],
    [0.1251, 0.0456, 0.797],
  ],
  12: [
    [0.5151, 0.2412, -0.0011],
    [0.292, 0.6922, 0.0419],
    [0.1571, 0.0666, 0.7841],
  ],
};
/** Numbers of the transfer functions of HDR. */
const HDR = [16, 18];

/** Returns the color space of a profile, or of primaries that are larger than sRGB. */
function readGamut(bytes: Buffer): RgbProfile | null {
  const kind = bytes.toString('latin1', 0, 4);
  if (kind === 'prof' || kind === 'rICC') return readRgbProfile(bytes.subarray(4));
  if (kind !== 'nclx' || bytes.length !== 11 || HDR.includes(bytes.readUInt16BE(6))) return null;
  const columns = GAMUTS[bytes.readUInt16BE(4)];
  return columns ? rgbProfile(columns, 'iec61966-2-1') : null;
}

/** Returns the box with the color information. FFmpeg converts colors by `nclx` alone. */
function readColors(bytes: Buffer): Buffer | null {
  return bytes.toString('latin1', 0, 4) === 'nclx' && bytes.length === 11 ? makeBox('colr', bytes) : null;
}

/**
 * Reads the clean aperture (ISO/IEC 14496-12, 12.1.4): a rectangle, given by its size and the offset of its center from the picture's
 * center.
 */
function readAperture(bytes: Buffer, picture: { width: number; height: number }): Turn {
  const fields = fieldsOf(bytes, 0);
  const fraction = (signed: boolean): number => {
    const numerator = signed ? fields.number(4) | 0 : fields.number(4);
    return numerator / fields.number(4);
  };
  const width = fraction(false);
  const height = fraction(false);
  const right = fraction(true);
  const down = fraction(true);
  const x = right + (picture.width - width) / 2;
  const y = down + (picture.height - height) / 2;
  const isInside = x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height;
  if (!isInside || width < 1 || height < 1) throw new Rejected('invalid_media', 'crops its picture beyond its edges.');
  const crop = { x: Math.floor(x), y: Math.floor(y), width: Math.floor(width), height: Math.floor(height) };
  return { kind: 'crop', ...crop };
}

function requireSquarePixels(bytes: Buffer): void {
  if (bytes.readUInt32BE(0) !== bytes.readUInt32BE(4)) throw new NotRewritable('has pixels that are not square');
}
