import type { OutputFormat } from '../../contract/formats.ts';
import type { ContainerCopy } from '../../ffmpeg/index.ts';
import { makeBox, makeFullBox, u32 } from './boxes.ts';
import type { Track } from './movie.ts';
import { codecOf } from './movie-facts.ts';

/** Parts of an output that describe the file to players. A container that FFmpeg reads does not need them. */
export interface OutputHead {
  /** The `ftyp` box. */
  type: Buffer;
  /** The `udta` box with the tags of the file; empty if there are no tags. */
  userData: Buffer;
  handlers: Readonly<Record<Track['kind'], string>>;
}

/** `minor_version` of all brands below. */
const VERSION = 0x200;
/** Brands that FFmpeg writes. The first brand is the major brand. */
const BRANDS: Readonly<Partial<Record<OutputFormat, readonly string[]>>> = {
  mov: ['qt  '],
  m4a: ['M4A ', 'isom', 'iso2'],
};
const HANDLERS = { video: 'VideoHandler', audio: 'SoundHandler' } as const;

/** Types of the boxes of iTunes tags, by FFmpeg's names of the tags (libavformat/movenc.c of FFmpeg 7.1: `mov_write_ilst_tag`). */
const TAG_TYPES: Readonly<Record<NonNullable<ContainerCopy['tags']>[number][0], string>> = {
  ...{ title: '\xa9nam', artist: '\xa9ART', album_artist: 'aART', composer: '\xa9wrt', album: '\xa9alb' },
  ...{ date: '\xa9day', comment: '\xa9cmt', genre: '\xa9gen', copyright: 'cprt', grouping: '\xa9grp' },
  ...{ lyrics: '\xa9lyr', description: 'desc', synopsis: 'ldes', show: 'tvsh', episode_id: 'tven' },
  ...{ network: 'tvnn', keywords: 'keyw' },
};
/** Type of a tag's data: UTF-8. */
const TEXT = 1;

/** Returns the head of a copy in this format, as FFmpeg writes it, except for the name of the program. */
export function outputHead(
  { format, tags = [] }: Pick<ContainerCopy, 'format' | 'tags'>,
  tracks: readonly Track[],
): OutputHead {
  const brands = BRANDS[format] ?? mp4Brands(tracks);
  const names = brands.map((brand) => Buffer.from(brand, 'latin1'));
  return {
    type: makeBox('ftyp', names[0]!, u32(VERSION), ...names),
    userData: tags.length > 0 ? makeBox('udta', makeTags(tags)) : Buffer.alloc(0),
    handlers: HANDLERS,
  };
}

function mp4Brands(tracks: readonly Track[]): string[] {
  const has = (codec: string) => tracks.some((track) => codecOf(track) === codec);
  return ['isom', ...(has('av1') ? ['av01'] : []), 'iso2', ...(has('h264') ? ['avc1'] : []), 'mp41'];
}

/** Serializes the tags of iTunes (QuickTime File Format, "User Data"). */
function makeTags(tags: NonNullable<ContainerCopy['tags']>): Buffer {
  const handler = makeFullBox('hdlr', 0, 0, u32(0), Buffer.from('mdirappl'), Buffer.alloc(9));
  const items = tags.map(([name, text]) =>
    makeBox(TAG_TYPES[name], makeBox('data', u32(TEXT, 0), Buffer.from(text, 'utf8'))),
  );
  return makeFullBox('meta', 0, 0, handler, makeBox('ilst', ...items));
}
