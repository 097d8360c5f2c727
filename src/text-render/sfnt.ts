import { closeSync, openSync, readSync } from 'node:fs';

/** Facts from the tables of a font face. The file itself is not kept in memory. */
export interface FaceFacts {
  path: string;
  /** Index of the face in a collection (.ttc); 0 in a single font. */
  index: number;
  /** English family names, legacy and typographic. */
  families: string[];
  /** 400 = regular, 700 = bold. */
  weight: number;
  italic: boolean;
  /** 5 = normal width. */
  stretch: number;
  /** Position of `cmap` in the file. */
  cmap: { offset: number; length: number };
}

const MAX_FACES = 64;
const MAX_TABLE_BYTES = 4 * 1024 * 1024;

/**
 * Reads the names of all faces in a TrueType or OpenType file, with a few short reads. Returns no faces for other files and for broken
 * files.
 */
export function readFaces(path: string): FaceFacts[] {
  try {
    return withFile(path, (read) => {
      const head = read(0, 12);
      if (head.toString('latin1', 0, 4) !== 'ttcf') return [readFace(read, path, 0, 0)];
      const count = Math.min(head.readUInt32BE(8), MAX_FACES);
      const offsets = read(12, 4 * count);
      return Array.from({ length: count }, (_, index) => readFace(read, path, index, offsets.readUInt32BE(4 * index)));
    });
  } catch {
    return [];
  }
}

/** Reads a face's `cmap` table. Throws if the file cannot be read. */
export function readCmap(face: FaceFacts): Buffer {
  return withFile(face.path, (read) => read(face.cmap.offset, face.cmap.length));
}

type Read = (offset: number, length: number) => Buffer;

function withFile<T>(path: string, use: (read: Read) => T): T {
  const file = openSync(path, 'r');
  try {
    return use((offset, length) => {
      if (length > MAX_TABLE_BYTES) throw new RangeError('A table of the font is too large.');
      const bytes = Buffer.alloc(length);
      if (readSync(file, bytes, 0, length, offset) !== length) throw new RangeError('The font ends early.');
      return bytes;
    });
  } finally {
    closeSync(file);
  }
}

function readFace(read: Read, path: string, index: number, offset: number): FaceFacts {
  const count = read(offset + 4, 2).readUInt16BE(0);
  const directory = read(offset + 12, 16 * count);
  const table = (tag: string): { offset: number; length: number } | null => {
    for (let at = 0; at < directory.length; at += 16) {
      if (directory.toString('latin1', at, at + 4) === tag)
        return { offset: directory.readUInt32BE(at + 8), length: directory.readUInt32BE(at + 12) };
    }
    return null;
  };
  const cmap = table('cmap');
  const name = table('name');
  if (!cmap || !name) throw new RangeError('The font has no names or no characters.');
  const os2 = table('OS/2');
  const style = os2 ? read(os2.offset, 64) : null;
  return {
    path,
    index,
    families: readFamilies(read(name.offset, name.length)),
    weight: style?.readUInt16BE(4) ?? 400,
    italic: style ? (style.readUInt16BE(62) & 1) !== 0 : false,
    stretch: style?.readUInt16BE(6) ?? 5,
    cmap,
  };
}

/** Reads the names with ID 1 (family) and 16 (typographic family), in English or without a language. */
function readFamilies(name: Buffer): string[] {
  const families = new Set<string>();
  const storage = name.readUInt16BE(4);
  for (let entry = 0; entry < name.readUInt16BE(2); entry++) {
    const at = 6 + 12 * entry;
    const [platform, , language, id, length, start] = [0, 2, 4, 6, 8, 10].map((step) => name.readUInt16BE(at + step));
    if (id !== 1 && id !== 16) continue;
    const bytes = name.subarray(storage + start!, storage + start! + length!);
    if (platform === 1 && language === 0) families.add(bytes.toString('latin1'));
    if (platform === 0 || (platform === 3 && language === 0x409))
      families.add(
        Buffer.from(bytes.subarray(0, bytes.length & ~1))
          .swap16()
          .toString('utf16le'),
      );
  }
  return [...families];
}
