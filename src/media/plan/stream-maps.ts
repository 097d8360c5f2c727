import type { PlanInput } from '../types.ts';
import type { StreamRef } from './graph-sources.ts';
import type { OutputStream } from './plan-streams.ts';

/**
 * Adds the streams that one `-map` takes (`0`, `0:v`, `1:a:0`, `0:2`), or removes those that a negative one takes
 * (`-0:a`). Subtitles and data are never kept.
 */
export function resolveMap(map: string, inputs: readonly PlanInput[], streams: OutputStream[]): void {
  const match = /^(-?)(\d{1,2})(?::([vas]))?(?::(\d{1,2}))?\??$/.exec(map);
  const number = Number(match?.[2]);
  const input = match ? inputs[number] : undefined;
  if (!match || !input) return;
  const all: StreamRef[] = [
    ...input.info.video.map((stream) => ({ kind: 'v' as const, input: number, stream })),
    ...input.info.audio.map((stream) => ({ kind: 'a' as const, input: number, stream })),
  ].sort((left, right) => left.stream.index - right.stream.index);
  const [, sign, letter, position] = match;
  const ofKind = letter === undefined ? all : all.filter((ref) => ref.kind === letter);
  const found =
    position === undefined
      ? ofKind
      : letter === undefined
        ? all.filter((ref) => ref.stream.index === Number(position))
        : ofKind.slice(Number(position), Number(position) + 1);
  if (sign === '') streams.push(...found);
  else {
    const dropped = new Set(found.map((ref) => ref.stream.index));
    const kept = streams.filter(
      (stream) => !('stream' in stream && stream.input === number && dropped.has(stream.stream.index)),
    );
    streams.splice(0, streams.length, ...kept);
  }
}
