import { JobFailure } from '../../contract/failures.ts';
import type { PlanInput } from '../types.ts';
import type { OutputStream, StreamRef } from './graph-sources.ts';

const MAP = /^(-?)(\d{1,2})(?::([vVas]))?(?::(?:(\d{1,2})|m:([^:?]+)(?::([^?]*))?))?(\?)?$/;

/**
 * Adds the streams that one `-map` selects (`0`, `0:v`, `1:a:0`, `0:2`, `0:a:m:language:eng`), or removes the streams that a negative
 * `-map` selects (`-0:a`). Subtitles and data are never kept. Throws `JobFailure` if a `-map` of video or audio without `?` selects no
 * stream.
 */
export function resolveMap(map: string, inputs: readonly PlanInput[], streams: OutputStream[]): void {
  const match = MAP.exec(map);
  const number = Number(match?.[2]);
  const input = match ? inputs[number] : undefined;
  if (!match || !input) return;
  const [, sign, , letter, position, tag, value, optional] = match;
  const all: StreamRef[] = [
    ...input.info.video.map((stream) => ({ kind: 'v' as const, input: number, stream })),
    ...input.info.audio.map((stream) => ({ kind: 'a' as const, input: number, stream })),
  ].sort((left, right) => left.stream.index - right.stream.index);
  const ofKind = all.filter((ref) => {
    if (letter === 'V') return ref.kind === 'v' && !ref.stream.isAttachedPicture;
    return letter === undefined || ref.kind === letter;
  });
  let found = ofKind;
  if (tag !== undefined) found = ofKind.filter((ref) => hasTag(ref, tag, value ?? null));
  else if (position !== undefined && letter === undefined) {
    found = all.filter((ref) => ref.stream.index === Number(position));
  } else if (position !== undefined) found = ofKind.slice(Number(position), Number(position) + 1);
  if (sign === '-') {
    const dropped = new Set(found.map((ref) => ref.stream.index));
    const kept = streams.filter(
      (stream) => !('stream' in stream && stream.input === number && dropped.has(stream.stream.index)),
    );
    streams.splice(0, streams.length, ...kept);
    return;
  }
  if (found.length === 0 && optional === undefined && (letter === 'v' || letter === 'V' || letter === 'a')) {
    throw new JobFailure(
      letter === 'a' ? 'no_audio_stream' : 'no_video_stream',
      `-map ${map} finds no such stream in input ${number + 1}.`,
    );
  }
  streams.push(...found);
}

/** Whether a stream has a tag. Only the language of audio is known, because other tags are free text of the file. */
function hasTag(ref: StreamRef, tag: string, value: string | null): boolean {
  if (tag !== 'language' || ref.kind !== 'a') return false;
  return value === null ? ref.stream.language !== null : ref.stream.language === value.toLowerCase();
}
