import { checkSize, rejectStreams } from '../limits.ts';
import type { ContainerFacts } from '../types.ts';
import { ENCRYPTED, NotRewritable, Rejected } from '../verdicts.ts';
import { type Element, type ElementReader, makeElement, unsigned } from './ebml.ts';
import { childrenOf, number, rewriteChildren } from './rewrite-children.ts';
import { ID, TRACK } from './schema.ts';
import { readTexts, type TextTrack } from './text-tracks.ts';
import { trackFacts } from './track-facts.ts';
import { FRAME_DURATION, type TrackValues, trackValues } from './track-info.ts';

const VIDEO_TYPE = 1;
const AUDIO_TYPE = 2;
const SUBTITLE_TYPE = 17;

/** FFmpeg ignores that a track is disabled, so the rewritten track is not a default track. Other tracks are then preferred. */
const DISABLED_TRACK = { ...TRACK, [ID.flagDefault]: 'drop' as const };
const NOT_DEFAULT = unsigned(0n);

export interface KeptTracks {
  /** The children of each entry of the `Tracks` element, rewritten, in the order of `described`. */
  entries: Buffer[][];
  numbers: ReadonlySet<number>;
  /** Number of tracks of subtitles. */
  subtitles: number;
  texts: TextTrack[];
  /** Number of the track that the cues refer to. */
  seekBy: number;
  /** Null if only ffprobe can find the facts. */
  facts: Pick<ContainerFacts, 'video' | 'audio'> | null;
  /** The facts that each track declares, in order; null if an element is unknown. */
  described: { number: number; isVideo: boolean; values: TrackValues | null }[];
}

/**
 * Reads the tracks. Keeps video, audio and text. Other tracks can be dropped only if they come last, because options refer to streams by
 * number. Text must also come last.
 */
export function readTracks(reader: ElementReader, element: Element): KeptTracks {
  const entries = [...reader.within(element)].filter(({ id }) => id === ID.trackEntry);
  rejectStreams(entries.length);
  if (entries.some((entry) => isEncrypted(reader, entry))) throw new Rejected('unsupported_media', ENCRYPTED);
  const kept: Buffer[][] = [];
  const types = new Map<number, bigint>();
  const video: (ContainerFacts['video'][number] | null)[] = [];
  const audio: (ContainerFacts['audio'][number] | null)[] = [];
  const described: KeptTracks['described'] = [];
  let hasDropped = false;
  const subtitles: Element[] = [];
  for (const entry of entries) {
    const type = readNumber(reader, entry, ID.trackType);
    if (type !== BigInt(VIDEO_TYPE) && type !== BigInt(AUDIO_TYPE)) {
      hasDropped = true;
      if (type === BigInt(SUBTITLE_TYPE)) subtitles.push(entry);
      continue;
    }
    if (hasDropped) throw new NotRewritable('has other data between its streams');
    let trackNumber = 0;
    const size = { width: 0, height: 0 };
    const facts = trackFacts();
    const values = trackValues();
    const addValue = (id: number, content: Buffer): void => {
      facts.add(id, content);
      values.add(id, content);
      if (id === ID.trackNumber) trackNumber = Number(number(content));
      if (id === ID.pixelWidth) size.width = Number(number(content));
      if (id === ID.pixelHeight) size.height = Number(number(content));
    };
    const parts = rewriteTrack(reader, entry, addValue);
    checkSize(size.width, size.height);
    if (trackNumber === 0 || types.has(trackNumber))
      throw new Rejected('invalid_media', 'has a stream with an invalid or repeated number.');
    types.set(trackNumber, type);
    described.push({ number: trackNumber, isVideo: type === BigInt(VIDEO_TYPE), values: values.values() });
    if (type === BigInt(VIDEO_TYPE)) video.push(facts.video());
    else audio.push(facts.audio());
    kept.push(parts);
  }
  if (types.size === 0) throw new NotRewritable('has neither video nor audio');
  const first = [...types].find(([, type]) => type === BigInt(VIDEO_TYPE)) ?? [...types][0]!;
  return {
    entries: kept,
    numbers: new Set(types.keys()),
    subtitles: subtitles.length,
    texts: readTexts(reader, subtitles, new Set(types.keys())),
    seekBy: first[0],
    facts: known(video) && known(audio) ? { video, audio } : null,
    described,
  };
}

/** Adds the duration of a frame in nanoseconds to tracks, by their numbers. */
export function declareFrameDurations(
  { entries, described, ...tracks }: KeptTracks,
  nanoseconds: ReadonlyMap<number, number>,
): KeptTracks {
  const contents = described.map(({ number }) => {
    const value = nanoseconds.get(number);
    return value === undefined ? null : unsigned(BigInt(value));
  });
  return {
    ...tracks,
    entries: entries.map((children, index) => {
      const content = contents[index];
      return content ? [...children, makeElement(FRAME_DURATION, content)] : children;
    }),
    described: described.map((track, index) => {
      const [content, { values }] = [contents[index], track];
      return content && values ? { ...track, values: new Map([...values, [FRAME_DURATION, content]]) } : track;
    }),
  };
}

function rewriteTrack(
  reader: ElementReader,
  entry: Element,
  addValue: (id: number, content: Buffer) => void,
): Buffer[] {
  if (readNumber(reader, entry, ID.flagEnabled) !== 0n) return rewriteChildren(reader, entry, TRACK, addValue);
  const parts = rewriteChildren(reader, entry, DISABLED_TRACK, addValue);
  addValue(ID.flagDefault, NOT_DEFAULT);
  return [...parts, makeElement(ID.flagDefault, NOT_DEFAULT)];
}

function known<T>(list: (T | null)[]): list is T[] {
  return !list.includes(null);
}

function isEncrypted(reader: ElementReader, entry: Element): boolean {
  const encodings = childrenOf(reader, childrenOf(reader, [entry], ID.contentEncodings), ID.contentEncoding);
  return childrenOf(reader, encodings, ID.contentEncryption).length > 0;
}

function readNumber(reader: ElementReader, entry: Element, id: number): bigint | null {
  for (const child of reader.within(entry)) if (child.id === id) return number(reader.content(child, 8));
  return null;
}
