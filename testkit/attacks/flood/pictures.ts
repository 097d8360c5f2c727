import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const bytes = Buffer.alloc(named.length + 8);
  bytes.writeUInt32BE(content.length);
  named.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(named), named.length + 4);
  return bytes;
}

function header(width: number, height: number, depth: number, colour: number): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width);
  bytes.writeUInt32BE(height, 4);
  bytes[8] = depth;
  bytes[9] = colour;
  return chunk('IHDR', bytes);
}

/** Returns a single-color PNG: a few kB that decode to `width` × `height` × 8 bytes. */
export function bombPng(width: number, height: number, rows = height): Buffer {
  const row = width * 8 + 1;
  return Buffer.concat([
    SIGNATURE,
    header(width, height, 16, 6),
    chunk('IDAT', deflateSync(Buffer.alloc(row * rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Returns a small PNG whose texts and color profile decompress to `bytes` bytes each. */
export function swellingPng(bytes: number): Buffer {
  const swell = deflateSync(Buffer.alloc(bytes), { level: 9 });
  const named = (name: string) => Buffer.concat([Buffer.from(`${name}\0\0`, 'latin1'), swell]);
  const row = Buffer.alloc(16 * 8 + 1);
  return Buffer.concat([
    SIGNATURE,
    header(16, 16, 16, 6),
    chunk('iCCP', named('p')),
    ...Array.from({ length: 4 }, () => chunk('zTXt', named('Comment'))),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: 16 }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Returns an animated GIF. Each frame has about twenty bytes, and fills the entire screen when drawn. */
export function bombGif(width: number, height: number, frames: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const control = Buffer.from([0x21, 0xf9, 4, 8, 1, 0, 0, 0]);
  const image = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([
    screen,
    ...Array.from({ length: frames }, () => Buffer.concat([control, image])),
    Buffer.from(';'),
  ]);
}

/** Returns a JPEG header that declares this size, without a picture. */
export function hollowJpeg(width: number, height: number): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const app = Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  const scan = Buffer.from([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 0x3f, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    app,
    frame,
    scan,
    Buffer.alloc(2000, 0x55),
    Buffer.from([0xff, 0xd9]),
  ]);
}
