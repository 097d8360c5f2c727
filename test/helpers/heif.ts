import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeBox, makeFullBox, u32 } from '../../src/sanitizer/isobmff/boxes.ts';
import { run } from '../../testkit/run.ts';

/** A picture as an encoder writes it. */
export interface Coded {
  type: 'av01' | 'hvc1';
  width: number;
  height: number;
  /** Box with the configuration of the decoder. */
  config: Buffer;
  data: Buffer;
}

export interface Item {
  id: number;
  type: string;
  data: Buffer;
  /** Boxes of properties. A box next to `true` is essential. */
  properties: readonly (Buffer | readonly [Buffer, true])[];
  /** Whether the data is stored in `idat` instead of `mdat`. */
  inIndex?: boolean;
}

export interface StillFile {
  items: readonly Item[];
  primary?: number;
  brand?: string;
  references?: readonly { type: string; from: number; to: readonly number[] }[];
  /** Wrong values for fields of the table of locations. */
  location?: Partial<{ method: number; dataReference: number; from: number; bytes: number; pieces: number }>;
  /** Additional boxes next to the index. */
  more?: readonly Buffer[];
}

const u16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
};

export const ispe = (width: number, height: number) => makeFullBox('ispe', 0, 0, u32(width, height));
export const irot = (quarters: number) => makeBox('irot', Buffer.from([quarters]));
export const imir = (axis: number) => makeBox('imir', Buffer.from([axis]));
export const clap = (...fractions: number[]) => makeBox('clap', u32(...fractions));
export const auxC = (name: string) => makeFullBox('auxC', 0, 0, Buffer.from(`${name}\0`));
export const ALPHA = 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha';

/** Returns the data of a grid in the format of ISO/IEC 23008-12, 6.6.2.3. */
export function gridData(columns: number, rows: number, width: number, height: number): Buffer {
  return Buffer.concat([Buffer.from([0, 0, rows - 1, columns - 1]), u16(width, height)]);
}

/** Encodes one frame with FFmpeg. `args` are the input and further options of the encoder. */
export async function encodePicture(folder: string, encoder: 'libaom-av1' | 'libx265', args: readonly string[]) {
  const path = join(folder, `${encoder}.mp4`);
  const tuned = encoder === 'libx265' ? ['-tag:v', 'hvc1', '-x265-params', 'log-level=none'] : ['-cpu-used', '8'];
  const always = ['-frames:v', '1', '-crf', '5', '-c:v', encoder, ...tuned];
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, ...always, path]);
  const bytes = await readFile(path);
  const entry = bytes.indexOf(encoder === 'libx265' ? 'hvc1' : 'av01', bytes.indexOf('stsd'));
  const at = bytes.indexOf(encoder === 'libx265' ? 'hvcC' : 'av1C', entry) - 4;
  const mdat = bytes.indexOf('mdat') - 4;
  return {
    type: encoder === 'libx265' ? 'hvc1' : 'av01',
    width: bytes.readUInt16BE(entry + 28),
    height: bytes.readUInt16BE(entry + 30),
    config: Buffer.from(bytes.subarray(at, at + bytes.readUInt32BE(at))),
    data: Buffer.from(bytes.subarray(mdat + 8, mdat + bytes.readUInt32BE(mdat))),
  } as Coded;
}

export function codedItem(id: number, coded: Coded, ...properties: Item['properties']): Item {
  const { type, width, height, config, data } = coded;
  return { id, type, data, properties: [ispe(width, height), [config, true], ...properties] };
}

/** Returns a HEIC or AVIF file with these items (ISO/IEC 14496-12, 8.11). */
export function makeStill(still: StillFile): Buffer {
  const brand = Buffer.from(still.brand ?? (still.items.some(({ type }) => type === 'hvc1') ? 'heic' : 'avif'));
  const ftyp = makeBox('ftyp', brand, u32(0), Buffer.from('mif1'), brand);
  const [inIndex, inData] = [true, false].map((where) =>
    still.items.filter((item) => (item.inIndex ?? false) === where),
  );
  const idat = makeBox('idat', ...inIndex!.map(({ data }) => data));
  const meta = (dataAt: number): Buffer => {
    const offsets = new Map<Item, number>();
    for (const [list, start] of [
      [inIndex!, 0],
      [inData!, dataAt],
    ] as const) {
      let at = start;
      for (const item of list) {
        offsets.set(item, at);
        at += item.data.length;
      }
    }
    return makeFullBox(
      'meta',
      0,
      0,
      makeFullBox('hdlr', 0, 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      makeFullBox('pitm', 0, 0, u16(still.primary ?? 1)),
      locationTable(still, offsets),
      makeFullBox('iinf', 0, 0, u16(still.items.length), ...still.items.map(itemEntry)),
      ...(still.references ? [referenceTable(still.references)] : []),
      propertyTable(still.items),
      idat,
    );
  };
  const more = Buffer.concat(still.more ?? []);
  const dataAt = ftyp.length + meta(0).length + more.length + 8;
  return Buffer.concat([ftyp, meta(dataAt), more, makeBox('mdat', ...inData!.map(({ data }) => data))]);
}

const itemEntry = ({ id, type }: Item) => makeFullBox('infe', 2, 0, u16(id, 0), Buffer.from(type), Buffer.from([0]));

function locationTable({ location, items }: StillFile, places: ReadonlyMap<Item, number>): Buffer {
  const rows = items.map((item) => {
    const pieces = location?.pieces ?? 1;
    const extent = u32(location?.from ?? places.get(item)!, location?.bytes ?? item.data.length);
    const method = location?.method ?? (item.inIndex ? 1 : 0);
    return Buffer.concat([u16(item.id, method, location?.dataReference ?? 0, pieces), ...Array(pieces).fill(extent)]);
  });
  return makeFullBox('iloc', 1, 0, Buffer.from([0x44, 0]), u16(items.length), ...rows);
}

function referenceTable(references: NonNullable<StillFile['references']>): Buffer {
  return makeFullBox(
    'iref',
    0,
    0,
    ...references.map(({ type, from, to }) => makeBox(type, u16(from, to.length, ...to))),
  );
}

function propertyTable(items: readonly Item[]): Buffer {
  const boxes: Buffer[] = [];
  const rows = items.map(({ id, properties }) => {
    const used = properties.map((property) => {
      const [box, essential] = Buffer.isBuffer(property) ? [property, false] : (property as readonly [Buffer, true]);
      return boxes.push(box) | (essential ? 0x8000 : 0);
    });
    return Buffer.concat([u16(id), Buffer.from([used.length]), u16(...used)]);
  });
  const ipma = makeFullBox('ipma', 0, 1, u32(items.length), ...rows);
  return makeBox('iprp', makeBox('ipco', ...boxes), ipma);
}
