import { NotRewritable } from '../verdicts.ts';
import { makeFullBox } from './boxes.ts';

/* Tags of descriptors (ISO/IEC 14496-1, 7.2.6): of an elementary stream, of its decoder, and of the decoder's configuration. */
const ES = 3;
const DECODER = 4;
const DECODER_CONFIG = 5;

interface Descriptor {
  tag: number;
  body: Buffer;
}

/** Rewrites the relevant descriptors: stream type, bit rates, decoder configuration. Drops all other descriptors. */
export function rewriteEsds(bytes: Buffer): Buffer {
  if (bytes.length < 4) throw new NotRewritable('has a decoder description that is cut off');
  const outer = descriptorsIn(bytes.subarray(4)).find(({ tag }) => tag === ES || tag === DECODER);
  const decoder =
    outer?.tag === ES ? descriptorsIn(afterEsFields(outer.body)).find(({ tag }) => tag === DECODER) : outer;
  if (!decoder || decoder.body.length < 13) throw new NotRewritable('has a decoder description that is cut off');
  const config = descriptorsIn(decoder.body.subarray(13)).find(({ tag }) => tag === DECODER_CONFIG);
  const configBytes = config ? [descriptor(DECODER_CONFIG, config.body)] : [];
  const inner = Buffer.concat([decoder.body.subarray(0, 13), ...configBytes]);
  // ES_ID 0, no flags, and the SL descriptor predefined for MP4 files.
  const es = Buffer.concat([Buffer.from([0, 0, 0]), descriptor(DECODER, inner), descriptor(6, Buffer.from([2]))]);
  return makeFullBox('esds', 0, 0, descriptor(ES, es));
}

/** Offset of the object type in a box made by `rewriteEsds`: after the headers of three descriptors. */
const OBJECT_TYPE_AT = 8 + 4 + 5 + 3 + 5;
/** Object types of AAC: MPEG-4 audio, and the three profiles of MPEG-2. */
const AAC = new Set([0x40, 0x66, 0x67, 0x68]);

/** FFmpeg's codec names by object type (ISO/IEC 14496-1, table 5): MPEG-4 video, and MPEG-2 and MPEG-1 audio, layer III. */
const MPEG4_CODECS: Readonly<Record<number, string>> = { 32: 'mpeg4', 105: 'mp3', 107: 'mp3' };

/** Whether a rewritten sample entry describes AAC. */
export function isAac(entry: Buffer): boolean {
  if (entry.toString('latin1', 4, 8) !== 'mp4a') return false;
  return !entry.includes('esds') || AAC.has(objectTypeOf(entry) ?? 0);
}

/** Returns FFmpeg's codec name of a rewritten `mp4a` or `mp4v` entry; null for other object types. */
export function mpeg4Codec(entry: Buffer): string | null {
  const objectType = objectTypeOf(entry);
  if (objectType === undefined) return null;
  return AAC.has(objectType) ? 'aac' : (MPEG4_CODECS[objectType] ?? null);
}

/** Returns the object type of a rewritten entry; undefined if it has no `esds`. */
function objectTypeOf(entry: Buffer): number | undefined {
  const esds = entry.indexOf('esds');
  return esds < 0 ? undefined : entry[esds - 4 + OBJECT_TYPE_AT];
}

/** Returns the object type and the configuration of the decoder, from the content of an `esds` that `rewriteEsds` has made. */
export function decoderConfig(content: Buffer): { objectType: number; config: Buffer | null } {
  const [outer] = descriptorsIn(content.subarray(4));
  const [decoder] = descriptorsIn(outer!.body.subarray(3));
  const config = descriptorsIn(decoder!.body.subarray(13)).find(({ tag }) => tag === DECODER_CONFIG);
  return { objectType: decoder!.body[0]!, config: config?.body ?? null };
}

function afterEsFields(body: Buffer): Buffer {
  const flags = body[2] ?? 0;
  let at = 3;
  if (flags & 0x80) at += 2;
  if (flags & 0x40) at += 1 + (body[at] ?? 0);
  if (flags & 0x20) at += 2;
  return body.subarray(at);
}

function descriptorsIn(bytes: Buffer): Descriptor[] {
  const found: Descriptor[] = [];
  let at = 0;
  while (at + 2 <= bytes.length && found.length < 16) {
    const tag = bytes[at++]!;
    let length = 0;
    for (let index = 0; index < 4; index++) {
      const byte = bytes[at++] ?? 0;
      length = (length << 7) | (byte & 0x7f);
      if (!(byte & 0x80)) break;
    }
    if (at + length > bytes.length) break;
    found.push({ tag, body: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function descriptor(tag: number, body: Buffer): Buffer {
  const length = [21, 14, 7, 0].map((shift, index) => ((body.length >> shift) & 0x7f) | (index < 3 ? 0x80 : 0));
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
