import type { Turn } from '../../media/probe/still.ts';
import type { FileBytes } from '../file-bytes.ts';
import { content, makeBox, printable } from '../isobmff/boxes.ts';
import { refuseSize } from '../limits.ts';
import { NotRewritable, Refused } from '../verdicts.ts';
import { fieldsOf } from './fields.ts';
import type { Property } from './item-tables.ts';

const MAX_CONFIG_BYTES = 64 * 1024;
/** Names of the auxiliary picture that holds the transparency (ISO/IEC 23008-12, 6.5.8, and its first edition). */
const ALPHA_NAMES = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];
/** Properties that change nothing of the pixels. */
const NEEDLESS = new Set([
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

/** What the properties of an item say. */
export interface Described {
  width: number;
  height: number;
  /** Box with the decoder's set-up, `av1C` or `hvcC`; null where nothing is to be decoded. */
  config: Buffer | null;
  isDeep: boolean;
  /** Box with the numbers of the colours (`colr` of the kind `nclx`). */
  colors: Buffer | null;
  turns: Turn[];
  isAlpha: boolean;
}

/** Reads the properties of an item; of those that must be understood, throws for what is not. */
export function describe(file: FileBytes, properties: readonly Property[]): Described {
  const found: Described = {
    ...{ width: 0, height: 0, config: null, isDeep: false, colors: null, turns: [], isAlpha: false },
  };
  for (const { box, essential } of properties) {
    const bytes = (least: number) => content(file, box, MAX_CONFIG_BYTES, least);
    if (box.type === 'ispe') Object.assign(found, readSize(bytes(12)));
    else if (box.type === 'av1C' || box.type === 'hvcC') {
      const config = bytes(box.type === 'av1C' ? 4 : 23);
      found.config = makeBox(box.type, config);
      found.isDeep = box.type === 'av1C' ? (config[2]! & 0x40) !== 0 : (config[17]! & 7) !== 0;
    } else if (box.type === 'colr') found.colors ??= readColors(bytes(4));
    else if (box.type === 'irot') found.turns.push({ kind: 'rotate', quarters: bytes(1)[0]! & 3 });
    else if (box.type === 'imir') found.turns.push({ kind: 'mirror', axis: bytes(1)[0]! & 1 ? 'x' : 'y' });
    else if (box.type === 'clap') found.turns.push(readAperture(bytes(32), found));
    else if (box.type === 'pasp') refuseOblong(bytes(8));
    else if (!NEEDLESS.has(box.type) && essential) {
      throw new NotRewritable(`describes its picture with "${printable(box.type)}", which the reader does not know`);
    }
    if (box.type === 'auxC') found.isAlpha = ALPHA_NAMES.some((name) => bytes(4).includes(`${name}\0`, 4, 'latin1'));
  }
  if (found.width === 0 || found.height === 0)
    throw new Refused('invalid_media', 'does not state the size of its picture.');
  return found;
}

function readSize(bytes: Buffer): { width: number; height: number } {
  const [width, height] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8)];
  refuseSize(width, height);
  return { width, height };
}

/** Profiles (ICC) are left out: FFmpeg computes by the numbers alone. */
function readColors(bytes: Buffer): Buffer | null {
  return bytes.toString('latin1', 0, 4) === 'nclx' && bytes.length === 11 ? makeBox('colr', bytes) : null;
}

/** ISO/IEC 14496-12, 12.1.4: a rectangle by its size and the distance of its centre from the picture's. */
function readAperture(bytes: Buffer, picture: { width: number; height: number }): Turn {
  const fields = fieldsOf(bytes, 0);
  const fraction = (signed: boolean): number => {
    const above = signed ? fields.number(4) | 0 : fields.number(4);
    return above / fields.number(4);
  };
  const [width, height, right, down] = [fraction(false), fraction(false), fraction(true), fraction(true)];
  const x = right + (picture.width - width) / 2;
  const y = down + (picture.height - height) / 2;
  const isInside = x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height;
  if (!isInside || width < 1 || height < 1) throw new Refused('invalid_media', 'cuts its picture outside of itself.');
  const crop = { x: Math.floor(x), y: Math.floor(y), width: Math.floor(width), height: Math.floor(height) };
  return { kind: 'crop', ...crop };
}

function refuseOblong(bytes: Buffer): void {
  if (bytes.readUInt32BE(0) !== bytes.readUInt32BE(4)) throw new NotRewritable('has pixels that are not square');
}
