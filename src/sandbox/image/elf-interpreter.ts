import { closeSync, openSync, readSync } from 'node:fs';

const PT_INTERP = 3;
const HEADER_BYTES = 64;

/**
 * Returns the path of the dynamic loader of an ELF program (64-bit, little-endian: x86_64 and aarch64), or null for a static program.
 * Throws if the file cannot be read.
 */
export function elfInterpreter(path: string): string | null {
  const fd = openSync(path, 'r');
  try {
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      readSync(fd, bytes, 0, length, at);
      return bytes;
    };
    const header = read(0, HEADER_BYTES);
    if (header.toString('latin1', 0, 4) !== '\x7fELF') return null;
    const [table, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
    const entries = read(table, size * count);
    for (let at = 0; at + size <= entries.length; at += size) {
      if (entries.readUInt32LE(at) !== PT_INTERP) continue;
      const [offset, length] = [Number(entries.readBigUInt64LE(at + 8)), Number(entries.readBigUInt64LE(at + 32))];
      return read(offset, length).toString('latin1').replace(/\0.*$/s, '');
    }
    return null;
  } finally {
    closeSync(fd);
  }
}
