/**
 * An instruction of classic BPF, of which a seccomp filter needs a subset (linux/bpf_common.h, linux/seccomp.h). It has eight bytes: `u16
 * code, u8 jt, u8 jf, u32 k`, little-endian on both supported architectures.
 */
export interface BpfInstruction {
  code: number;
  /** Number of instructions to skip if the comparison is true (`jt`) or false (`jf`). */
  jt: number;
  jf: number;
  k: number;
}

export const BPF = {
  /** Loads 32 bits of `struct seccomp_data` at offset k. */
  LD_ABS: 0x20,
  AND_K: 0x54,
  JEQ_K: 0x15,
  JGE_K: 0x35,
  JSET_K: 0x45,
  RET_K: 0x06,
} as const;

export const SECCOMP_RET = {
  KILL_PROCESS: 0x80000000,
  ERRNO: 0x00050000,
  ALLOW: 0x7fff0000,
} as const;

/** Offsets in `struct seccomp_data`, which contains nr, arch, the instruction pointer and six 64-bit arguments. */
export const DATA_NR = 0;
export const DATA_ARCH = 4;
/** Returns the offset of the low half of an argument. The kernel reads flags, prot, ioctl and prctl codes from these 32 bits alone. */
export const argumentLow = (index: number): number => 16 + 8 * index;

export const load = (offset: number): BpfInstruction => ({ code: BPF.LD_ABS, jt: 0, jf: 0, k: offset });
export const and = (mask: number): BpfInstruction => ({ code: BPF.AND_K, jt: 0, jf: 0, k: mask });
export const ret = (action: number): BpfInstruction => ({ code: BPF.RET_K, jt: 0, jf: 0, k: action });
export const retErrno = (errno: number): BpfInstruction => ret(SECCOMP_RET.ERRNO | errno);

/** Runs `body` if the comparison is true. A jump is one byte, so this throws RangeError for a body of more than 255 instructions. */
export function when(code: number, k: number, body: readonly BpfInstruction[]): BpfInstruction[] {
  if (body.length > 255) throw new RangeError(`a BPF jump reaches 255 instructions, not ${body.length}`);
  return [{ code, jt: 0, jf: body.length, k }, ...body];
}

/** Runs `body` if the comparison is false. Throws RangeError for a body of more than 255 instructions. */
export function unless(code: number, k: number, body: readonly BpfInstruction[]): BpfInstruction[] {
  if (body.length > 255) throw new RangeError(`a BPF jump reaches 255 instructions, not ${body.length}`);
  return [{ code, jt: body.length, jf: 0, k }, ...body];
}

export function encode(program: readonly BpfInstruction[]): Buffer {
  // The kernel's BPF_MAXINSNS. Without this check, the first job would fail instead.
  if (program.length > 4096) throw new RangeError(`a BPF program has at most 4096 instructions, not ${program.length}`);
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, jt, jf, k }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  });
  return bytes;
}
