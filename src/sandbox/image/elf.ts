/*
 * Reads 64-bit little-endian ELF files as the dynamic loader does: by segments, not by sections (System V ABI, chapters 4 and 5). All files
 * come from the distribution's packages. Still, an unexpected file causes an error instead of a guess.
 */

/** Thrown if a file is not an ELF file that this code can read. */
export class ElfError extends Error {}

export const MACHINE = { x64: 62, arm64: 183 } as const;

/** Types of segments. */
export const PT = { load: 1, dynamic: 2, tls: 7 } as const;
export const PF_EXECUTE = 1;

/** Tags of the dynamic section. */
export const DT = {
  needed: 1,
  hash: 4,
  strtab: 5,
  symtab: 6,
  strsz: 10,
  syment: 11,
  soname: 14,
  gnuHash: 0x6ffffef5,
  versym: 0x6ffffff0,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
} as const;

export interface Segment {
  type: number;
  flags: number;
  /** Position in the file of the segment's program header. */
  header: number;
  offset: number;
  address: number;
  fileSize: number;
}

export interface DynamicEntry {
  tag: number;
  value: number;
}

export interface Elf {
  machine: number;
  segments: Segment[];
  /** The entries without the null entry at the end. Empty for a static program. */
  dynamic: DynamicEntry[];
  /** Names of the libraries that the loader must also load. */
  needed: string[];
  /** Returns the position in the file of a virtual address. Throws `ElfError` if no segment contains the address. */
  offsetOf(address: number): number;
}

const IDENT_64_LE = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const SEGMENT_BYTES = 56;
export const DYNAMIC_BYTES = 16;

/** Reads an ELF file. Throws `ElfError` if this code cannot read the file. */
export const readElf = (file: Buffer): Elf => withinFile(() => parse(file));

/** Calls `read`, and reports a position outside of the file as an `ElfError`. */
export function withinFile<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new ElfError('the file is truncated', { cause: error });
    throw error;
  }
}

function parse(file: Buffer): Elf {
  if (!file.subarray(0, 6).equals(IDENT_64_LE)) throw new ElfError('not a 64-bit little-endian ELF file');
  const table = number(file, 32);
  if (file.readUInt16LE(54) !== SEGMENT_BYTES) throw new ElfError('program headers of an unknown size');
  const segments = Array.from({ length: file.readUInt16LE(56) }, (_, index): Segment => {
    const header = table + index * SEGMENT_BYTES;
    return {
      type: file.readUInt32LE(header),
      flags: file.readUInt32LE(header + 4),
      header,
      offset: number(file, header + 8),
      address: number(file, header + 16),
      fileSize: number(file, header + 32),
    };
  });
  const offsetOf = (address: number): number => {
    const segment = segments.find(
      ({ type, address: start, fileSize }) => type === PT.load && address >= start && address < start + fileSize,
    );
    if (!segment) throw new ElfError('an address outside of every segment');
    return segment.offset + address - segment.address;
  };
  const dynamic = readDynamic(file, segments);
  const strings = dynamic.find(({ tag }) => tag === DT.strtab);
  const needed = dynamic
    .filter(({ tag }) => tag === DT.needed)
    .map(({ value }) => textAt(file, offsetOf(strings?.value ?? 0) + value));
  return { machine: file.readUInt16LE(18), segments, dynamic, needed, offsetOf };
}

function readDynamic(file: Buffer, segments: readonly Segment[]): DynamicEntry[] {
  const segment = segments.find(({ type }) => type === PT.dynamic);
  const entries: DynamicEntry[] = [];
  if (!segment) return entries;
  for (let at = segment.offset; at < segment.offset + segment.fileSize; at += DYNAMIC_BYTES) {
    const tag = number(file, at);
    if (tag === 0) return entries;
    entries.push({ tag, value: number(file, at + 8) });
  }
  throw new ElfError('a dynamic section without an end');
}

/** Reads a 64-bit field. */
export function number(file: Buffer, at: number): number {
  return Number(file.readBigUInt64LE(at));
}

function textAt(file: Buffer, at: number): string {
  const end = file.indexOf(0, at);
  if (end === -1) throw new ElfError('a string without an end');
  return file.toString('latin1', at, end);
}
