/** Returns an MP4 box: size, type and content. */
export function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** Returns numbers as 32-bit big-endian integers. */
export function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number >>> 0, index * 4);
  return bytes;
}

export const FTYP = box('ftyp', Buffer.from('isom'), words(512), Buffer.from('isomiso2avc1mp41'));

const MVHD = box('mvhd', words(0, 0, 0, 1000, 1000, 0x10000), Buffer.alloc(72), words(2));

/** Returns a video track without a frame. `table` replaces the sample table. */
export function track(id: number, table: readonly Buffer[], size = { width: 64, height: 64 }): Buffer {
  const tkhd = box('tkhd', words(7, 0, 0, id, 0, 1000), Buffer.alloc(52), words(size.width << 16, size.height << 16));
  const mdhd = box('mdhd', words(0, 0, 0, 1000, 1000, 0));
  const hdlr = box('hdlr', words(0, 0), Buffer.from('vide'), Buffer.alloc(13));
  const media = box('minf', box('vmhd', words(1, 0, 0)), box('stbl', ...table));
  return box('trak', tkhd, box('mdia', mdhd, hdlr, media));
}

export function movie(...tracks: readonly Buffer[]): Buffer {
  return Buffer.concat([FTYP, box('moov', MVHD, ...tracks)]);
}

/** Returns a sample table that declares huge counts with almost no data. */
export function absurdTable(kind: 'stsz' | 'stts' | 'stco' | 'stsc'): Buffer[] {
  const entry = Buffer.alloc(86 - 8);
  entry.writeUInt16BE(1, 6);
  entry.writeUInt16BE(64, 24);
  entry.writeUInt16BE(64, 26);
  const tables = { stsd: box('stsd', words(0, 1), box('mp4v', entry)) } as Record<string, Buffer>;
  tables.stts = box('stts', words(0, 1, 1, 1000));
  tables.stsc = box('stsc', words(0, 1, 1, 1, 1));
  tables.stsz = box('stsz', words(0, 1, 1));
  tables.stco = box('stco', words(0, 1, 40));
  const most = 0x7fff_ffff;
  const absurd = {
    stsz: words(0, 0, most, 1),
    stts: words(0, most, most, 1),
    stco: words(0, most, 1),
    stsc: words(0, most, 1, most, 1),
  };
  return Object.values({ ...tables, [kind]: box(kind, absurd[kind]) });
}

/** Returns an EBML element: encoded id, an eight-byte size, and content. `claimed` replaces the true size. */
export function element(id: number, content: Buffer, claimed = content.length): Buffer {
  const digits = id.toString(16);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(0x0100_0000_0000_0000n | BigInt(claimed));
  return Buffer.concat([Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex'), size, content]);
}

const text = (value: string) => Buffer.from(value, 'latin1');
const EBML_HEAD = element(0x1a45dfa3, element(0x4282, text('matroska')));

/** Returns a Matroska file that declares tracks without data. */
export function matroskaTracks(count: number, claimed?: number): Buffer {
  const one = (number: number) =>
    element(
      0xae,
      Buffer.concat([
        element(0xd7, words(number)),
        element(0x73c5, words(number)),
        element(0x83, Buffer.from([1])),
        element(0x86, text('V_MPEG4/ISO/ASP')),
        element(0xe0, Buffer.concat([element(0xb0, words(64)), element(0xba, words(64))])),
      ]),
    );
  const tracks = element(0x1654ae6b, Buffer.concat(Array.from({ length: count }, (_, index) => one(index + 1))));
  const info = element(0x1549a966, element(0x2ad7b1, words(1_000_000)));
  return Buffer.concat([EBML_HEAD, element(0x18538067, Buffer.concat([info, tracks]), claimed)]);
}

/** Returns a Matroska file with elements that are nested `depth` levels deep. */
export function matroskaNest(depth: number): Buffer {
  let inner: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) inner = element(0x1043a770, inner);
  return Buffer.concat([EBML_HEAD, element(0x18538067, inner)]);
}
