import { seccompArchitecture } from '../seccomp/filter.ts';
import type { SyscallTable } from '../seccomp/syscalls.ts';

/** A system call of a probe. A string or buffer is passed as the address of its (NUL-terminated) bytes. */
export interface ProbeCall {
  /** Name of the call in the syscall table, or its number. */
  call: string | number;
  args: readonly (number | bigint | string | Buffer)[];
}

const BASE = 0x400000;
/** Largest page size of the two architectures. Segments are at least this far apart, so that no segment is both writable and executable. */
const PAGE = 0x10000;
const HEADER_BYTES = 64 + 3 * 56;
/**
 * Bytes of a record: the number of the call, six arguments, and the result. The arguments stay intact, so that several threads can walk the
 * same table.
 */
const RECORD_BYTES = 8 * 8;
const RESULT = 7 * 8;

/**
 * Assembles a static ELF program that makes the calls in order, writes its table with the results to standard output, and exits with 0. It
 * simulates hostile native code in the cell on machines without a compiler.
 */
export function assembleProbe(calls: readonly ProbeCall[], arch: string = process.arch): Buffer {
  const { table } = seccompArchitecture(arch);
  const code = arch === 'arm64' ? arm64Loop : x64Loop;
  const machine = arch === 'arm64' ? 183 : 62;
  const codeBytes = code(0).length;
  const dataOffset = Math.ceil((HEADER_BYTES + codeBytes) / 16) * 16;
  // The address is congruent to the file offset modulo the page size, as the kernel's loader requires.
  const dataAddress = BASE + PAGE + dataOffset;
  const tableBytes = (calls.length + 2) * RECORD_BYTES;
  const all: ProbeCall[] = [
    ...calls,
    { call: 'write', args: [1, dataAddress, calls.length * RECORD_BYTES] },
    { call: 'exit_group', args: [0] },
  ];
  const data = layOut(all, table, dataAddress, tableBytes);
  const header = Buffer.alloc(HEADER_BYTES);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(BASE + HEADER_BYTES), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(3, 56);
  segment(header, 0, { type: 1, flags: 5, offset: 0, address: BASE, bytes: HEADER_BYTES + codeBytes });
  segment(header, 1, { type: 1, flags: 6, offset: dataOffset, address: dataAddress, bytes: data.length });
  // PT_GNU_STACK without X. Otherwise, some kernels make all memory executable.
  segment(header, 2, { type: 0x6474e551, flags: 6, offset: 0, address: 0, bytes: 0 });
  const padding = Buffer.alloc(dataOffset - HEADER_BYTES - codeBytes);
  return Buffer.concat([header, code(dataAddress), padding, data]);
}

/** Returns the results of the calls, in order: a value or a negative errno. Returns null if the report is incomplete. */
export function readProbe(output: Buffer, calls: number): number[] | null {
  if (output.length !== calls * RECORD_BYTES) return null;
  return Array.from({ length: calls }, (_, index) => Number(output.readBigInt64LE(index * RECORD_BYTES + RESULT)));
}

function layOut(calls: readonly ProbeCall[], syscalls: SyscallTable, address: number, tableBytes: number): Buffer {
  const table = Buffer.alloc(tableBytes);
  const blobs: Buffer[] = [];
  let next = address + tableBytes;
  calls.forEach(({ call, args }, index) => {
    const number = typeof call === 'number' ? call : syscalls[call];
    if (number === undefined) throw new RangeError(`unknown system call ${call}`);
    [number, ...args].forEach((value, position) => {
      let word: bigint;
      if (typeof value === 'string' || Buffer.isBuffer(value)) {
        const blob = Buffer.concat([Buffer.from(value as string), Buffer.alloc(8)]);
        blobs.push(blob);
        word = BigInt(next);
        next += blob.length;
      } else word = BigInt(value);
      table.writeBigUInt64LE(BigInt.asUintN(64, word), index * RECORD_BYTES + position * 8);
    });
  });
  return Buffer.concat([table, ...blobs]);
}

interface Segment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  bytes: number;
}

function segment(header: Buffer, index: number, { type, flags, offset, address, bytes }: Segment): void {
  const at = 64 + index * 56;
  header.writeUInt32LE(type, at);
  header.writeUInt32LE(flags, at + 4);
  [offset, address, address, bytes, bytes, type === 1 ? PAGE : 16].forEach((value, word) => {
    header.writeBigUInt64LE(BigInt(value), at + 8 + word * 8);
  });
}

/** Machine code that walks the table in an endless loop. The last record of the table is exit_group. */
function x64Loop(table: number): Buffer {
  const address = Buffer.alloc(8);
  address.writeBigUInt64LE(BigInt(table));
  const body = Buffer.from([
    ...[0x48, 0x8b, 0x03], // mov rax, [rbx]
    ...[0x48, 0x8b, 0x7b, 8], // mov rdi, [rbx+8]
    ...[0x48, 0x8b, 0x73, 16], // mov rsi, [rbx+16]
    ...[0x48, 0x8b, 0x53, 24], // mov rdx, [rbx+24]
    ...[0x4c, 0x8b, 0x53, 32], // mov r10, [rbx+32]
    ...[0x4c, 0x8b, 0x43, 40], // mov r8, [rbx+40]
    ...[0x4c, 0x8b, 0x4b, 48], // mov r9, [rbx+48]
    ...[0x0f, 0x05], // syscall
    ...[0x48, 0x89, 0x43, RESULT], // mov [rbx+56], rax
    ...[0x48, 0x83, 0xc3, RECORD_BYTES], // add rbx, 64
  ]);
  const jump = Buffer.from([0xeb, 256 - (body.length + 2)]);
  return Buffer.concat([Buffer.from([0x48, 0xbb]), address, body, jump]); // mov rbx, imm64 …
}

function arm64Loop(table: number): Buffer {
  const pointer = 19;
  const pair = (first: number, second: number, offset: number) =>
    0xa9400000 | ((offset / 8) << 15) | (second << 10) | (pointer << 5) | first;
  const words = [
    0xd2800000 | ((table & 0xffff) << 5) | pointer, // movz x19, #low
    0xf2a00000 | ((table >>> 16) << 5) | pointer, // movk x19, #high, lsl 16
    pair(8, 0, 0), // ldp x8, x0, [x19]
    pair(1, 2, 16),
    pair(3, 4, 32),
    0xf9400000 | ((48 / 8) << 10) | (pointer << 5) | 5, // ldr x5, [x19, #48]
    0xd4000001, // svc #0
    0xf9000000 | ((RESULT / 8) << 10) | (pointer << 5), // str x0, [x19, #56]
    0x91000000 | (RECORD_BYTES << 10) | (pointer << 5) | pointer, // add x19, x19, #64
    0x14000000 | (-7 & 0x03ffffff), // b to the first ldp
  ];
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => {
    bytes.writeUInt32LE(word >>> 0, index * 4);
  });
  return bytes;
}
