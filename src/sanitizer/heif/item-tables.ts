import type { FileBytes } from '../file-bytes.ts';
import { type Box, type BoxBudget, boxesIn, boxMap, content, printable } from '../isobmff/boxes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { fieldsOf } from './fields.ts';

/** Maximum number of items. A photo of 48 megapixels in tiles of 512 has about 200 items, including depth and gain maps. */
const MAX_ITEMS = 4096;
const MAX_TABLE_BYTES = 2 ** 20;

/** Position of an item's data in the file. */
export interface ItemLocation {
  from: number;
  bytes: number;
}

/** A property of an item. */
export interface Property {
  box: Box;
  /** Whether readers that do not support the property must not show the item. */
  essential: boolean;
}

/** The items of a still picture (ISO/IEC 14496-12, 8.11, and ISO/IEC 23008-12), by their ids. */
export interface ItemTables {
  primary: number;
  types: ReadonlyMap<number, string>;
  /** Returns the location of an item's data. Throws unless the data is one contiguous range of this file. */
  locationOf(id: number): ItemLocation;
  properties: ReadonlyMap<number, readonly Property[]>;
  references: readonly Reference[];
}

export interface Reference {
  type: string;
  from: number;
  to: readonly number[];
}

/** Reads the tables of the items. Throws `Rejected` or `NotRewritable`. */
export function readItemTables(file: FileBytes, meta: Box, budget: BoxBudget): ItemTables {
  const parts = boxMap(file, { body: meta.body + 4, end: meta.end }, budget);
  const table = (type: string): Buffer => {
    const box = parts.get(type);
    if (!box) throw new Rejected('invalid_media', `has no "${type}" box, which is needed to find the picture.`);
    return content(file, box, MAX_TABLE_BYTES, 4);
  };
  const pitm = fieldsOf(table('pitm'));
  const iprp = parts.get('iprp');
  const iinf = parts.get('iinf');
  if (!iprp || !iinf) throw new Rejected('invalid_media', 'does not describe its pictures.');
  const iref = parts.get('iref');
  return {
    primary: pitm.version === 0 ? pitm.number(2) : pitm.number(4),
    types: readTypes(file, iinf, budget),
    locationOf: readLocations(table('iloc'), parts.get('idat')),
    properties: readProperties(file, iprp, budget),
    references: iref ? readReferences(file, iref, budget) : [],
  };
}

function rejectItems(count: number): void {
  if (count > MAX_ITEMS) throw new Rejected('invalid_media', 'contains more items than any real picture.');
}

/** Reads the types of the items (`iinf`). */
function readTypes(file: FileBytes, iinf: Box, budget: BoxBudget): Map<number, string> {
  const wide = file.read(iinf.body, 4)[0] !== 0;
  const types = new Map<number, string>();
  for (const box of boxesIn(file, iinf.body + (wide ? 8 : 6), iinf.end, budget)) {
    if (box.type !== 'infe') continue;
    rejectItems(types.size + 1);
    const entry = fieldsOf(content(file, box, MAX_TABLE_BYTES, 8));
    if (entry.version < 2 || entry.version > 3)
      throw new NotRewritable('describes its items in an unsupported version');
    const id = entry.number(entry.version === 2 ? 2 : 4);
    const isProtected = entry.number(2) !== 0;
    const type = entry.text(4);
    if (types.has(id)) throw new Rejected('invalid_media', 'describes an item twice.');
    types.set(id, isProtected ? 'encrypted' : type);
  }
  return types;
}

/** Reads the locations of the items (`iloc`). */
function readLocations(bytes: Buffer, idat: Box | undefined): (id: number) => ItemLocation {
  const table = fieldsOf(bytes);
  const sizes = table.number(2);
  const offset = sizes >> 12;
  const length = (sizes >> 8) & 15;
  const base = (sizes >> 4) & 15;
  const index = sizes & 15;
  const count = table.number(table.version < 2 ? 2 : 4);
  rejectItems(count);
  const locations = new Map<number, { location: ItemLocation; method: number; otherFile: boolean; extents: number }>();
  for (let item = 0; item < count; item++) {
    const id = table.number(table.version < 2 ? 2 : 4);
    const method = table.version === 0 ? 0 : table.number(2) & 15;
    const otherFile = table.number(2) !== 0;
    const start = table.number(base);
    const extents = table.number(2);
    const location: ItemLocation = { from: start, bytes: 0 };
    for (let extent = 0; extent < extents; extent++) {
      if (table.version > 0) table.number(index);
      const from = start + table.number(offset);
      if (extent === 0) Object.assign(location, { from, bytes: table.number(length) });
      else table.number(length);
    }
    if (locations.has(id)) throw new Rejected('invalid_media', 'declares the location of an item twice.');
    locations.set(id, { location, method, otherFile, extents });
  }
  return (id) => {
    const found = locations.get(id);
    if (!found || found.extents === 0) throw new Rejected('invalid_media', 'does not declare where its picture is.');
    if (found.otherFile) throw new Rejected('unsupported_media', 'refers to another file for its data.');
    if (found.extents > 1) throw new NotRewritable('stores its picture in several extents');
    if (found.method > 1) throw new NotRewritable('stores its picture inside another item');
    const { from, bytes } = found.location;
    if (bytes === 0) throw new Rejected('invalid_media', 'declares a picture of no bytes.');
    if (found.method === 0) return { from, bytes };
    if (!idat || from + bytes > idat.end - idat.body)
      throw new Rejected('invalid_media', 'ends before what it declares.');
    return { from: idat.body + from, bytes };
  };
}

/** Reads the properties of each item, in the order of their associations (`iprp`). */
function readProperties(file: FileBytes, iprp: Box, budget: BoxBudget): Map<number, Property[]> {
  const parts = [...boxesIn(file, iprp.body, iprp.end, budget)];
  const ipco = parts.find(({ type }) => type === 'ipco');
  if (!ipco) throw new Rejected('invalid_media', 'does not describe its pictures.');
  const boxes = [...boxesIn(file, ipco.body, ipco.end, budget)];
  const properties = new Map<number, Property[]>();
  for (const ipma of parts.filter(({ type }) => type === 'ipma')) {
    const table = fieldsOf(content(file, ipma, MAX_TABLE_BYTES, 8));
    const wide = (table.flags & 1) === 1;
    const count = table.number(4);
    rejectItems(count);
    for (let item = 0; item < count; item++) {
      const id = table.number(table.version < 1 ? 2 : 4);
      const used: Property[] = [];
      for (let left = table.number(1); left > 0; left--) {
        const value = table.number(wide ? 2 : 1);
        const index = value & (wide ? 0x7fff : 0x7f);
        const box = boxes[index - 1];
        if (box) used.push({ box, essential: value > (wide ? 0x7fff : 0x7f) });
        else if (index !== 0) throw new Rejected('invalid_media', 'refers to a property that it does not contain.');
      }
      if (properties.has(id)) throw new Rejected('invalid_media', 'describes an item twice.');
      properties.set(id, used);
    }
  }
  return properties;
}

/** Reads the references between items (`iref`). */
function readReferences(file: FileBytes, iref: Box, budget: BoxBudget): Reference[] {
  const idBytes = file.read(iref.body, 4)[0] === 0 ? 2 : 4;
  const references: Reference[] = [];
  let total = 0;
  for (const box of boxesIn(file, iref.body + 4, iref.end, budget)) {
    const entry = fieldsOf(content(file, box, MAX_TABLE_BYTES, 2 + idBytes), 0);
    const from = entry.number(idBytes);
    const to = Array.from({ length: entry.number(2) }, () => entry.number(idBytes));
    total += to.length + 1;
    rejectItems(total / 4);
    references.push({ type: printable(box.type), from, to });
  }
  return references;
}
