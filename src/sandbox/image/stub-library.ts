import { DT, DYNAMIC_BYTES, type Elf, ElfError, MACHINE, number, PF_EXECUTE, PT, readElf, withinFile } from './elf.ts';

/** Machine code that returns zero, by machine. */
const RETURN_ZERO: Readonly<Record<number, Buffer>> = {
  // xor eax, eax; ret
  [MACHINE.x64]: Buffer.from([0x31, 0xc0, 0xc3]),
  // mov x0, #0; ret
  [MACHINE.arm64]: Buffer.from([0x00, 0x00, 0x80, 0xd2, 0xc0, 0x03, 0x5f, 0xd6]),
};
/** Byte that fills the space between the functions, by machine: int3 on x86, an undefined instruction on ARM. */
const TRAP: Readonly<Record<number, number>> = { [MACHINE.x64]: 0xcc, [MACHINE.arm64]: 0x00 };

/**
 * Tags of the tables that the loader needs to find symbols by name and version. The tables of initializers, relocations and other libraries
 * are omitted.
 */
const TABLES: readonly number[] = [DT.hash, DT.gnuHash, DT.strtab, DT.symtab, DT.versym, DT.verdef];
const KEPT: ReadonlySet<number> = new Set([...TABLES, DT.strsz, DT.syment, DT.soname, DT.verdefnum]);

const SYMBOL_BYTES = 24;
const STT = { func: 2, gnuIfunc: 10 } as const;

/**
 * Turns the bytes of a shared library, without a copy, into a library with the same size, names and versions whose functions all return
 * zero. The result has no code of the library, no initializers and no relocations, and needs no other library. Throws `ElfError` for a
 * library that this code does not understand.
 */
export const stubLibrary = (file: Buffer): Buffer => withinFile(() => makeStub(file));

function makeStub(file: Buffer): Buffer {
  const elf = readElf(file);
  const code = RETURN_ZERO[elf.machine];
  const trap = TRAP[elf.machine];
  if (!code || trap === undefined) throw new ElfError('a machine without a stub');
  const functions = exportedFunctions(file, elf);
  for (const { type, flags, offset, fileSize } of elf.segments) {
    if (type === PT.load && (flags & PF_EXECUTE) !== 0) wipeCode(file, elf, { offset, fileSize }, trap);
  }
  writeStubs(file, functions, code);
  keepNamesOnly(file, elf);
  return file;
}

/**
 * Returns the positions of the code of all defined functions, in ascending order. Turns a function that is resolved at run time into a
 * plain function.
 */
function exportedFunctions(file: Buffer, elf: Elf): number[] {
  const positions = new Set<number>();
  const table = elf.offsetOf(entryOf(elf, DT.symtab));
  const count = symbolCount(file, elf);
  for (let index = 0; index < count; index++) {
    const at = table + index * SYMBOL_BYTES;
    const info = file.readUInt8(at + 4);
    const type = info & 0xf;
    if (file.readUInt16LE(at + 6) === 0 || (type !== STT.func && type !== STT.gnuIfunc)) continue;
    file.writeUInt8((info & 0xf0) | STT.func, at + 4);
    positions.add(elf.offsetOf(number(file, at + 8)));
  }
  return [...positions].sort((one, other) => one - other);
}

/** Returns the number of symbols. The dynamic symbol table does not state its length, so this derives the length from the hash tables. */
function symbolCount(file: Buffer, elf: Elf): number {
  const plain = elf.dynamic.find(({ tag }) => tag === DT.hash);
  if (plain) return file.readUInt32LE(elf.offsetOf(plain.value) + 4);
  const at = elf.offsetOf(entryOf(elf, DT.gnuHash));
  const [buckets, firstHashed, bloomWords] = [0, 4, 8].map((offset) => file.readUInt32LE(at + offset)) as [
    number,
    number,
    number,
  ];
  const bucketsAt = at + 16 + bloomWords * 8;
  const chains = bucketsAt + buckets * 4;
  let last = 0;
  for (let index = 0; index < buckets; index++) last = Math.max(last, file.readUInt32LE(bucketsAt + index * 4));
  if (last < firstHashed) return firstHashed;
  // The lowest bit marks the end of a chain. The chain of the last bucket ends with the last symbol.
  while ((file.readUInt32LE(chains + (last - firstHashed) * 4) & 1) === 0) last++;
  return last + 1;
}

/** Overwrites an executable segment. Throws if the loader reads tables from this segment, as in files of old linkers. */
function wipeCode(file: Buffer, elf: Elf, { offset, fileSize }: { offset: number; fileSize: number }, trap: number) {
  for (const { value } of elf.dynamic.filter(({ tag }) => TABLES.includes(tag))) {
    const at = elf.offsetOf(value);
    if (at >= offset && at < offset + fileSize) throw new ElfError('names among the code');
  }
  file.fill(trap, offset, offset + fileSize);
}

function writeStubs(file: Buffer, positions: readonly number[], code: Buffer): void {
  positions.forEach((position, index) => {
    const next = positions[index + 1] ?? file.length;
    if (position + code.length > next) throw new ElfError('functions that are too short for a stub');
    code.copy(file, position);
  });
}

function keepNamesOnly(file: Buffer, elf: Elf): void {
  for (const { type, header, offset, fileSize } of elf.segments) {
    // Remove the library's thread-local variables, which would use space in every program.
    if (type === PT.tls) file.writeUInt32LE(0, header);
    if (type !== PT.dynamic) continue;
    file.fill(0, offset, offset + fileSize);
    elf.dynamic
      .filter(({ tag }) => KEPT.has(tag))
      .forEach(({ tag, value }, index) => {
        file.writeBigUInt64LE(BigInt(tag), offset + index * DYNAMIC_BYTES);
        file.writeBigUInt64LE(BigInt(value), offset + index * DYNAMIC_BYTES + 8);
      });
  }
}

function entryOf({ dynamic }: Elf, tag: number): number {
  const entry = dynamic.find((each) => each.tag === tag);
  if (!entry) throw new ElfError('a library without a table of names');
  return entry.value;
}
