import { expect } from 'vitest';
import type { Everything } from './equal.ts';

type Entry = Record<string, unknown>;

/**
 * Compares fragments with a rewritten plain container, as FFmpeg sees them (`everythingOf`). What it does not know of
 * fragments may be known: the number of frames, the exact bit rate, how long a frame is shown. Packets of sound that
 * lie before the start may be marked as hidden: they are not heard in either.
 */
export function expectAlike(
  theirs: Everything,
  ours: Everything,
  { lasts, pauses = false }: { lasts?: number; pauses?: boolean },
): void {
  const unknown = ['nb_frames', 'bit_rate'];
  if (pauses) unknown.push('avg_frame_rate');
  if (lasts !== undefined) unknown.push('duration', 'duration_ts');
  expect(ours.streams.map((stream) => less(stream, unknown))).toEqual(
    theirs.streams.map((stream) => less(stream, unknown)),
  );
  expect(ours.packets.length).toBe(theirs.packets.length);
  const begun = new Set<unknown>();
  for (const [index, packet] of ours.packets.entries()) {
    const other = theirs.packets[index]!;
    const untold = packet.duration === undefined || other.duration === undefined ? ['duration', 'duration_time'] : [];
    const hidden = packet.codec_type === 'audio' && !begun.has(packet.stream_index) && packet.flags === 'KD_';
    if (!hidden) begun.add(packet.stream_index);
    if (hidden) untold.push('flags');
    expect(less(packet, untold)).toEqual(less(other, untold));
  }
  if (lasts === undefined) expect(ours.duration).toBe(theirs.duration);
  else expect(Number(ours.duration)).toBeCloseTo(lasts, 2);
  expect(ours.start).toBe(theirs.start);
  expect(ours.frames).toBe(theirs.frames);
  expectLines(ours.sought, theirs.sought);
  expectLines(ours.looped, theirs.looped);
}

function less(entry: Entry, keys: readonly string[]): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key)));
}

/**
 * Frames after a jump. FFmpeg begins one packet earlier in sound of fragments that has packets before its start; from
 * which the first frame may differ, in what overlaps with the one before.
 */
function expectLines(ours: unknown, theirs: unknown): void {
  const lines = String(ours).split('\n');
  const others = String(theirs).split('\n');
  const different = lines.filter((line, index) => line !== others[index]);
  expect(lines.length).toBe(others.length);
  expect(different.length).toBeLessThanOrEqual(1);
  const times = (all: readonly string[]) => all.map((line) => line.replace(/, [0-9a-f]{32}$/, ''));
  expect(times(lines)).toEqual(times(others));
}
