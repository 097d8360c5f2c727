import { decoderConfig } from '../isobmff/esds.ts';
import type { Track } from '../isobmff/movie.ts';
import { boxesOfEntry, byType } from '../isobmff/sample-entry.ts';
import { NotRewritable } from '../verdicts.ts';

/** Returns the `codecs` parameter of a stream, as RFC 6381 and the registrations of the codecs define it. */
export function codecString({ kind, entry }: Track): string {
  const type = entry.toString('latin1', 4, 8);
  const boxes = byType(boxesOfEntry(kind, entry));
  const written = boxes && WRITERS[type]?.(boxes);
  if (!written) throw new NotRewritable('has a stream whose codec cannot be named');
  return written;
}

type Boxes = Map<string, Buffer>;

const WRITERS: Readonly<Record<string, (boxes: Boxes) => string | null>> = {
  avc1: (boxes) => from(boxes.get('avcC'), 4, avc),
  hvc1: (boxes) => from(boxes.get('hvcC'), 13, hevc),
  av01: (boxes) => from(boxes.get('av1C'), 4, av1),
  vp09: (boxes) => from(boxes.get('vpcC'), 8, vp9),
  mp4a: (boxes) => from(boxes.get('esds'), 5, mpeg4Audio),
};

function from(box: Buffer | undefined, minBytes: number, write: (body: Buffer) => string | null): string | null {
  return box && box.length >= minBytes ? write(box) : null;
}

/** Returns profile, constraints and level, as in the configuration record (RFC 6381, 3.3). */
function avc(body: Buffer): string {
  return `avc1.${body.toString('hex', 1, 4)}`;
}

/**
 * Returns the parameters of HEVC (ISO/IEC 14496-15, E.3), with the compatibility flags in reverse bit order, and without trailing zero
 * bytes of constraints.
 */
function hevc(body: Buffer): string {
  const space = ['', 'A', 'B', 'C'][body[1]! >> 6]!;
  const tier = body[1]! & 0x20 ? 'H' : 'L';
  let flags = 0;
  for (let bit = 0; bit < 32; bit++) if (body.readUInt32BE(2) & (1 << bit)) flags |= 1 << (31 - bit);
  const constraints = [...body.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const parts = [`${space}${body[1]! & 0x1f}`, (flags >>> 0).toString(16), `${tier}${body[12]}`];
  return ['hvc1', ...parts, ...constraints.map((byte) => byte.toString(16))].join('.');
}

/** Returns profile, level, tier and depth (AV1 Codec ISO Media File Format Binding, 5). */
function av1(body: Buffer): string {
  const [profile, level] = [body[1]! >> 5, body[1]! & 0x1f];
  const [tier, isDeep, isTwelve] = [body[2]! & 0x80 ? 'H' : 'M', body[2]! & 0x40, body[2]! & 0x20];
  const depth = isDeep ? (isTwelve ? 12 : 10) : 8;
  return `av01.${profile}.${twoDigits(level)}${tier}.${twoDigits(depth)}`;
}

/** Returns profile, level and depth (VP Codec ISO Media File Format Binding). */
function vp9(body: Buffer): string {
  return `vp09.${twoDigits(body[4]!)}.${twoDigits(body[5]!)}.${twoDigits(body[6]! >> 4)}`;
}

/** Returns the object type of MPEG-4, and the type of audio with which its configuration begins (RFC 6381, 3.3). */
function mpeg4Audio(body: Buffer): string | null {
  const { objectType, config } = decoderConfig(body);
  const audioType = (config?.[0] ?? 0) >> 3;
  return objectType === 0x40 && audioType > 0 && audioType < 31 ? `mp4a.40.${audioType}` : null;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
