import type { FileBytes, FileOut } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { type Chapter, summariseText } from '../source-text.ts';
import type { ContainerFacts, Reading, Write } from '../types.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { chaptersElement, readChapters } from './chapters.ts';
import { ClusterWriter, type Cue } from './clusters.ts';
import { declareTimes, requireTimes } from './declare-times.ts';
import {
  type Element,
  type ElementReader,
  elementHead,
  elementReader,
  makeElement,
  sizeBytes,
  unsigned,
} from './ebml.ts';
import type { MatroskaHead } from './matroska-head.ts';
import { matroskaInfo } from './matroska-info.ts';
import { picturesChangeSize } from './picture-sizes.ts';
import { float, number, rewriteChildren } from './rewrite-children.ts';
import { ID, INFO } from './schema.ts';
import { trackMayHaveFields } from './track-info.ts';
import { type KeptTracks, readTracks } from './tracks.ts';

const DEFAULT_SCALE = 1_000_000;
const NAME = Buffer.from('Airlock');
/** The head of a segment of unknown size. */
const UNKNOWN_SEGMENT = Buffer.concat([
  elementHead(ID.segment, 0, true).subarray(0, 4),
  Buffer.from([1, ...Array(7).fill(0xff)]),
]);
/** Pattern of attached pictures, which FFmpeg turns into separate streams. */
const PICTURE = /image\//i;
const ALPHA = /alpha_mode/i;
const MAX_SCANNED = 2 ** 20;

/**
 * Reads everything before the first cluster of a Matroska or WebM file, and from the rest what the head does not declare. `write` reads the
 * rest of the file. Throws `NotRewritable` if a file that is still arriving declares too little.
 */
export function readMatroska(file: FileBytes, isComplete = true): Reading {
  const reader = elementReader(file);
  const declared = readHead(file, reader);
  if (!isComplete) requireTimes(declared);
  const { head, timings = null } = isComplete ? declareTimes(file, declared) : { head: declared };
  const describe = () => matroskaInfo(file, head, timings);
  let droppedSubtitles = 0;
  const remux: Write = (out, mediaBytes) => {
    droppedSubtitles = write(file, reader, head, out, head.duration === null ? null : mediaBytes).droppedSubtitles;
    // The texts of a file that is still arriving have been described already.
    if (droppedSubtitles > 0 && !isComplete) throw new NotRewritable('has subtitles that the reader cannot keep');
  };
  const text = () => {
    const { subtitles, texts } = head.tracks;
    const chapters = { chapters: head.chapters ?? [], hasTooMany: head.chapters === null };
    return summariseText({ subtitles, tracks: texts.map(({ track }) => track), droppedSubtitles, ...chapters });
  };
  return {
    ...{ write: remux, seconds: null, still: null, facts: factsOf(head), describe, text },
    corrections: (info) => ({
      mayHaveFields: !info && head.tracks.described.some(({ values }) => trackMayHaveFields(values)),
      ...(!info && timings && { timings: [...timings.values()] }),
      ...(isComplete && { changesSize: picturesChangeSize(file, head) }),
    }),
  };
}

function factsOf({ tracks, duration, secondsPerTick }: MatroskaHead): ContainerFacts | null {
  if (!tracks.facts || duration === null || duration === 0) return null;
  // FFmpeg rounds to microseconds.
  const durationSeconds = Math.round(duration * secondsPerTick * 1e6) / 1e6;
  return { durationSeconds, isImage: false, isAnimated: false, ...tracks.facts };
}

export function readHead(file: FileBytes, reader: ElementReader): MatroskaHead {
  const header = reader.at(0, file.size);
  if (header?.id !== ID.header || header.end === null) throw new Rejected('invalid_media', 'has no EBML header.');
  checkDocType(reader, header);
  const segment = skipTo(reader, header.end, file.size, ID.segment);
  const limit = segment.end ?? file.size;
  let info: ReturnType<typeof readInfo> | null = null;
  let tracks: KeptTracks | null = null;
  let chapters: Chapter[] | null = [];
  let position = segment.body;
  for (let count = 0; count < 1000; count++) {
    const element = reader.at(position, limit);
    if (!element) break;
    if (element.id === ID.cluster) {
      if (!info || !tracks) throw new NotRewritable('describes its streams after its media');
      return { segmentAt: segment.body, ...info, tracks, chapters, media: element, mediaAt: position, limit };
    }
    if (element.end === null) throw new Rejected('invalid_media', 'contains an element of unknown size.');
    if (element.id === ID.info) info = readInfo(reader, element);
    if (element.id === ID.tracks && !tracks) tracks = readTracks(reader, element);
    if (element.id === ID.chapters) chapters = readChapters(reader, element);
    scan(reader, element);
    position = element.end;
  }
  throw new Rejected('invalid_media', 'contains no media: it may be cut off.');
}

function checkDocType(reader: ElementReader, header: Element): void {
  for (const element of reader.within(header)) {
    if (element.id !== ID.docType) continue;
    const type = reader.content(element, 32).toString('latin1').replace(/\0+$/, '');
    if (type === 'matroska' || type === 'webm') return;
  }
  throw new Rejected('unsupported_media', 'is neither Matroska nor WebM.');
}

function skipTo(reader: ElementReader, from: number, limit: number, id: number): Element {
  let position = from;
  for (let count = 0; count < 16; count++) {
    const element = reader.at(position, limit);
    if (element?.id === id) return element;
    if (!element || element.end === null) break;
    position = element.end;
  }
  throw new Rejected('invalid_media', 'contains no media: it may be cut off.');
}

function readInfo(reader: ElementReader, element: Element) {
  let scale = DEFAULT_SCALE;
  let duration: number | null = null;
  const parts = rewriteChildren(reader, element, INFO, (id, content) => {
    if (id === ID.timestampScale) scale = Number(number(content));
    if (id === ID.duration) duration = float(content);
  });
  if (scale < 1000 || scale > 1e9) throw new NotRewritable('has a time scale that no player uses');
  const secondsPerTick = scale / 1e9;
  checkLength((duration ?? 0) * secondsPerTick);
  const names = [makeElement(0x4d80, NAME), makeElement(0x5741, NAME)];
  return { info: [...parts, ...names], secondsPerTick, duration, scale };
}

/** Throws if a dropped element contains data that FFmpeg would turn into a stream or into transparency. */
function scan(reader: ElementReader, element: Element): void {
  const pattern = element.id === ID.attachments ? PICTURE : element.id === ID.tags ? ALPHA : null;
  if (!pattern || element.end === null || element.end - element.body > MAX_SCANNED * 64) return;
  const bytes = reader.content({ ...element, end: Math.min(element.end, element.body + MAX_SCANNED) }, MAX_SCANNED);
  if (!pattern.test(bytes.toString('latin1'))) return;
  throw new NotRewritable(pattern === PICTURE ? 'has cover art' : 'declares transparency in its tags');
}

/** Returns a `SeekHead` with the position of the cues, which are at the end of the file. */
function seekHead(cuesAt: number): Buffer {
  const position = Buffer.alloc(8);
  position.writeBigUInt64BE(BigInt(cuesAt));
  const id = Buffer.alloc(4);
  id.writeUInt32BE(ID.cues);
  return makeElement(ID.seekHead, makeElement(0x4dbb, makeElement(0x53ab, id), makeElement(0x53ac, position)));
}

function write(
  file: FileBytes,
  reader: ElementReader,
  head: MatroskaHead,
  out: FileOut,
  mediaBytes: number | null,
): ClusterWriter {
  const { limit } = head;
  return writeSegment({ file, reader, head }, out, (clusters) => {
    let position = head.mediaAt;
    const enough = mediaBytes === null ? Number.POSITIVE_INFINITY : out.position + mediaBytes;
    for (let element: Element | null = head.media; element !== null; element = reader.at(position, limit)) {
      if (element.id === ID.cluster) position = clusters.copy(element, limit);
      else {
        if (element.end === null) throw new Rejected('invalid_media', 'contains an element of unknown size.');
        scan(reader, element);
        position = element.end;
      }
      if (out.position > enough) break;
    }
  });
}

/** Writes a file with the same streams, with the clusters that `copy` copies, and with the cues of these clusters. */
export function writeSegment(
  { file, reader, head }: { file: FileBytes; reader: ElementReader; head: MatroskaHead },
  out: FileOut,
  copy: (clusters: ClusterWriter) => void,
): ClusterWriter {
  const { tracks, secondsPerTick } = head;
  const word = (id: number, text: string) => makeElement(id, Buffer.from(text));
  const count = (id: number, value: bigint) => makeElement(id, unsigned(value));
  out.write(makeElement(ID.header, word(ID.docType, 'matroska'), count(0x4287, 4n), count(0x4285, 2n)));
  // A reader that reads the file during the write needs no size here, and ignores the positions in `SeekHead`.
  out.write(UNKNOWN_SEGMENT);
  const segmentAt = out.position;
  out.write(seekHead(0));
  out.write(makeElement(ID.info, ...head.info));
  const entries = [...tracks.entries, ...tracks.texts.map(({ entry }) => entry)];
  out.write(makeElement(ID.tracks, ...entries.map((children) => makeElement(ID.trackEntry, ...children))));
  out.write(chaptersElement(head.chapters ?? []));
  const clusters = new ClusterWriter(file, reader, out, { tracks, segmentAt, secondsPerTick });
  copy(clusters);
  const cuesAt = out.position - segmentAt;
  out.write(cueElement(clusters.cues, tracks.seekBy));
  out.patch(seekHead(cuesAt), segmentAt);
  out.patch(sizeBytes(out.position - segmentAt, 8), segmentAt - 8);
  return clusters;
}

function cueElement(cues: readonly Cue[], track: number): Buffer {
  const uint = (id: number, value: number) => makeElement(id, unsigned(BigInt(value)));
  const points = cues.map(({ time, cluster }) =>
    makeElement(0xbb, uint(0xb3, time), makeElement(0xb7, uint(0xf7, track), uint(0xf1, cluster))),
  );
  return makeElement(ID.cues, ...points);
}
