import { expect } from 'vitest';
import type { FfmpegView } from './ffmpeg-view.ts';

type Entry = Record<string, unknown>;

/**
 * Compares a fragmented file with its remux as FFmpeg reads both. The remux may have values that FFmpeg does not report for fragments: the
 * number of frames, the exact bit rate and the duration of a frame. Audio packets before the start may be marked as hidden, because neither
 * file plays them.
 */
export function expectEquivalent(
  original: FfmpegView,
  remux: FfmpegView,
  { lasts, pauses = false }: { lasts?: number; pauses?: boolean },
): void {
  const unknown = ['nb_frames', 'bit_rate'];
  if (pauses) unknown.push('avg_frame_rate');
  if (lasts !== undefined) unknown.push('duration', 'duration_ts');
  expect(remux.streams.map((stream) => less(stream, unknown))).toEqual(
    original.streams.map((stream) => less(stream, unknown)),
  );
  expect(remux.packets.length).toBe(original.packets.length);
  const begun = new Set<unknown>();
  for (const [index, packet] of remux.packets.entries()) {
    const other = original.packets[index]!;
    const ignored = packet.duration === undefined || other.duration === undefined ? ['duration', 'duration_time'] : [];
    const hidden = packet.codec_type === 'audio' && !begun.has(packet.stream_index) && packet.flags === 'KD_';
    if (!hidden) begun.add(packet.stream_index);
    if (hidden) ignored.push('flags');
    expect(less(packet, ignored)).toEqual(less(other, ignored));
  }
  if (lasts === undefined) expect(remux.duration).toBe(original.duration);
  else expect(Number(remux.duration)).toBeCloseTo(lasts, 2);
  expect(remux.start).toBe(original.start);
  expect(remux.frames).toBe(original.frames);
  expectLines(remux.sought, original.sought);
  expectLines(remux.looped, original.looped);
}

function less(entry: Entry, keys: readonly string[]): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key)));
}

/**
 * Compares frames after a seek. In fragmented audio with packets before its start, FFmpeg begins one packet earlier, so
 * the first frame may differ where it overlaps with the one before.
 */
function expectLines(remux: unknown, original: unknown): void {
  const lines = String(remux).split('\n');
  const others = String(original).split('\n');
  const different = lines.filter((line, index) => line !== others[index]);
  expect(lines.length).toBe(others.length);
  expect(different.length).toBeLessThanOrEqual(1);
  const times = (all: readonly string[]) => all.map((line) => line.replace(/, [0-9a-f]{32}$/, ''));
  expect(times(lines)).toEqual(times(others));
}
