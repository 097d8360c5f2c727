import type { FileBytes } from '../file-bytes.ts';

/*
 * The clock of a transport stream (ISO 13818-1, PCR). Where captures are joined, the clock jumps. FFmpeg plays such a file without the
 * jump, but derives the duration from the first and the last time.
 */

const SYNC = 0x47;
const TICKS_PER_SECOND = 90_000;
/** The clock has 33 bits. */
const CYCLE = 2 ** 33;
/** Sizes of packets: without additions, with a time code, and with error correction. */
const SIZES = [188, 192, 204];
/** Number of bytes in which the first packet is searched for, and number of packets that must follow it. */
const SEARCHED = 2048;
const FOLLOWING = 5;
/** Number of parts of the file in which a clock is read, and maximum number of bytes that are read for it. */
const PARTS = 16;
const PART_BYTES = 512 * 1024;
/** Largest interval that FFmpeg plays as a pause, in seconds. A longer interval is a jump. */
const MAX_PAUSE = 10;
/** Factor by which a part may last longer than the other parts. */
const UNEVEN = 4;

interface Packets {
  size: number;
  /** Position of the first packet. */
  first: number;
}

/** Returns the seconds that a transport stream plays if its clock jumps; null if the clock does not jump or cannot be read. */
export function secondsWithoutJumps(file: FileBytes): number | null {
  const packets = findPackets(file);
  if (!packets || !mayJump(file, packets)) return null;
  let jumps = 0;
  const last = new Map<number, number>();
  const clocks = new Map<number, number>();
  for (let at = packets.first; at + packets.size <= file.size; at += packets.size) {
    const clock = readClock(file, at);
    if (!clock) continue;
    const before = last.get(clock.pid);
    last.set(clock.pid, clock.ticks);
    if (before === undefined) continue;
    const seconds = ((clock.ticks - before + CYCLE) % CYCLE) / TICKS_PER_SECOND;
    if (seconds > MAX_PAUSE) jumps++;
    else clocks.set(clock.pid, (clocks.get(clock.pid) ?? 0) + seconds);
  }
  const played = Math.max(0, ...clocks.values());
  return jumps > 0 && played > 0 ? played : null;
}

function findPackets(file: FileBytes): Packets | null {
  const most = Math.min(SEARCHED, file.size);
  const head = Buffer.from(file.read(0, Math.min(file.size, most + FOLLOWING * 204 + 1)));
  for (let first = 0; first < most; first++) {
    const size = SIZES.find((length) =>
      Array.from({ length: FOLLOWING }, (_, index) => first + index * length).every((at) => head[at] === SYNC),
    );
    if (size) return { size, first };
  }
  return null;
}

/** Compares the times at which equal parts of the file begin. */
function mayJump(file: FileBytes, packets: Packets): boolean {
  const times: number[] = [];
  let pid: number | null = null;
  const count = Math.floor((file.size - packets.first) / packets.size);
  for (let part = 0; part <= PARTS; part++) {
    const from = Math.floor((count * Math.min(part, PARTS - 1 / PARTS)) / PARTS);
    const clock = firstClock(file, packets, from, pid);
    if (clock === null) continue;
    pid ??= clock.pid;
    times.push(clock.ticks);
  }
  const steps = times.slice(1).map((time, index) => (time - times[index]!) / TICKS_PER_SECOND);
  if (steps.length < 2) return false;
  const typical = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)]!;
  return steps.some((step) => step < 0 || step > UNEVEN * Math.max(0, typical) + MAX_PAUSE);
}

function firstClock(file: FileBytes, { first, size }: Packets, from: number, pid: number | null) {
  for (let at = first + from * size, left = PART_BYTES; left > 0 && at + size <= file.size; at += size, left -= size) {
    const clock = readClock(file, at);
    if (clock && (pid === null || clock.pid === pid)) return clock;
  }
  return null;
}

/** Returns the clock that a packet contains, and the number of its stream; null if it contains none. */
function readClock(file: FileBytes, at: number): { pid: number; ticks: number } | null {
  const head = file.read(at, 12);
  const hasClock = head[0] === SYNC && (head[3]! & 0x20) !== 0 && head[4]! >= 7 && (head[5]! & 0x10) !== 0;
  if (!hasClock) return null;
  return { pid: head.readUInt16BE(1) & 0x1fff, ticks: head.readUInt32BE(6) * 2 + (head[10]! >> 7) };
}
