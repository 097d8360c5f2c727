import type { Case } from './corpus.ts';

const V = (options = 's=96x64:r=25:d=1') => ['-f', 'lavfi', '-i', `testsrc2=${options}`, '-frames:v', '1'];
const format = (name: string) => ['-pix_fmt', name];
const colors = (primaries: string, transfer: string) => [
  '-vf',
  `setparams=color_primaries=${primaries}:color_trc=${transfer}`,
];
const jpeg = (name: string, args: readonly string[], more: Partial<Case> = {}): Case => {
  return { name, described: true, file: 'jpg', args: [...V(), ...args], ...more };
};
const gif = (name: string, args: readonly string[], more: Partial<Case> = {}): Case => {
  return { name, described: true, file: 'gif', args: ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10', ...args], ...more };
};
const png = (name: string, args: readonly string[], more: Partial<Case> = {}): Case => {
  return { name, described: true, file: 'png', args: [...V(), ...args], ...more };
};

const webp = (name: string, args: readonly string[], more: Partial<Case> = {}): Case => {
  return { name, described: true, file: 'webp', args: [...V(), ...args], ...more };
};
const TRANSLUCENT = ['-vf', 'format=yuva420p,colorchannelmixer=aa=0.5'];
/** Inserts chunks at the end of a WebP. */
const appended = (text: string) => (bytes: Buffer) => {
  const file = Buffer.concat([bytes, Buffer.from(text, 'latin1')]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
};

/** Inserts bytes after the start of a JPEG. */
const inserted = (text: string) => (bytes: Buffer) =>
  Buffer.concat([bytes.subarray(0, 2), Buffer.from(text, 'latin1'), bytes.subarray(2)]);
/** An Exif segment that declares the orientation 6, a rotation by 90 degrees. */
const EXIF = '\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0';
const ADOBE = '\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01';

const without = (chunk: string) => (bytes: Buffer) => {
  const at = bytes.indexOf(chunk) - 4;
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 12 + bytes.readUInt32BE(at))]);
};

/** Pictures and animations, whose files are not rewritten. */
export const PICTURE_CORPUS: readonly Case[] = [
  jpeg('4:2:0', format('yuvj420p')),
  jpeg('4:2:2', format('yuvj422p')),
  jpeg('4:4:4', format('yuvj444p')),
  jpeg('4:4:0', format('yuvj440p')),
  jpeg('grey', format('gray')),
  jpeg('an odd size and non-square pixels', ['-vf', 'scale=35:21,setsar=16/11']),
  jpeg('a comment', ['-metadata', 'comment=Text', '-bitexact']),
  jpeg('an orientation', [], { altered: inserted(EXIF) }),
  jpeg('a colour transform by Adobe', [], { altered: inserted(ADOBE) }),
  jpeg('no transform by Adobe', [], { altered: inserted(ADOBE.replace('\x01', '\0')), described: false }),
  jpeg('progressive frames', [], {
    altered: (bytes) =>
      bytes.fill(0xc2, bytes.indexOf('\xff\xc0', 'latin1') + 1, bytes.indexOf('\xff\xc0', 'latin1') + 2),
  }),
  jpeg('a second picture', [], { altered: (bytes) => Buffer.concat([bytes, bytes]), described: false }),
  jpeg('other data at its end', [], { altered: (bytes) => Buffer.concat([bytes, Buffer.alloc(16)]), described: false }),
  jpeg('no end', [], { altered: (bytes) => bytes.subarray(0, bytes.length - 2), described: false }),

  ...['rgb24', 'rgba', 'gray', 'gray16be', 'ya8', 'ya16be', 'rgb48be', 'rgba64be', 'pal8', 'monob'].map((name) =>
    png(name, format(name)),
  ),
  png('non-square pixels', ['-vf', 'setsar=4/3']),
  png('the primaries and gamma of sRGB', colors('bt709', 'bt470m'), { altered: without('cICP') }),
  png('sRGB', colors('bt709', 'iec61966-2-1')),
  png('other primaries', colors('bt2020', 'linear'), { altered: without('cICP'), described: false }),
  png('PQ', colors('bt2020', 'smpte2084')),
  png('a linear transfer', colors('unknown', 'linear'), { altered: without('cICP') }),
  png('a transparent colour', [], {
    altered: (bytes) => {
      const at = bytes.indexOf('IDAT') - 4;
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from('\0\0\0\x06tRNS\0\0\0\0\0\0\0\0\0\0', 'latin1'),
        bytes.subarray(at),
      ]);
    },
  }),
  png('a second picture', [], { altered: (bytes) => Buffer.concat([bytes, bytes]), described: false }),
  png('no end', [], { altered: (bytes) => bytes.subarray(0, bytes.length - 12), described: false }),

  webp('a lossy picture', []),
  webp('a lossless picture', ['-lossless', '1']),
  webp('transparency', TRANSLUCENT),
  webp('transparency, uncompressed', [...TRANSLUCENT, '-compression_level', '0', '-quality', '20']),
  webp('transparency without losses', ['-lossless', '1', '-vf', 'format=bgra,colorchannelmixer=aa=0.5']),
  webp('an odd size', ['-vf', 'scale=35:21']),
  webp('all values of pixels', [], {
    // Sets the second of the two bits that begin the compressed header.
    altered: (bytes) => bytes.fill(bytes[30]! | 0x40, 30, 31),
  }),
  webp('other partitions than it has bytes for', [], {
    altered: (bytes) => bytes.fill(0x50, 30, 31),
    described: false,
  }),
  webp('metadata', TRANSLUCENT, { altered: appended('EXIF\x04\0\0\0MM\0\x2aXMP \x03\0\0\0<x>\0') }),
  webp('an unknown chunk', TRANSLUCENT, { altered: appended('ABCD\x02\0\0\0ab'), described: false }),
  webp('a second picture', [], { altered: (bytes) => Buffer.concat([bytes, bytes]), described: false }),
  webp('two pictures in one file', [], {
    altered: (bytes) => appended(bytes.toString('latin1', 12))(bytes),
    described: false,
  }),
  webp('no end', [], { altered: (bytes) => bytes.subarray(0, bytes.length - 2), described: false }),

  gif('an animation', ['-t', '0.5']),
  gif('frames of several lengths', ['-vf', 'setpts=PTS+if(mod(N\\,3)\\,0.07/TB\\,0)', '-fps_mode', 'vfr', '-t', '1']),
  gif('one frame', ['-frames:v', '1']),
  gif('non-square pixels', ['-vf', 'setsar=4/3', '-t', '0.5']),
  gif('a transparent colour and a comment', ['-pix_fmt', 'pal8', '-metadata', 'comment=Text', '-t', '0.5']),
  gif('no end', ['-t', '0.5'], { altered: (bytes) => bytes.subarray(0, bytes.length - 1), described: false }),
  gif('other data at its end', ['-t', '0.5'], {
    altered: (bytes) => Buffer.concat([bytes, Buffer.alloc(9)]),
    described: false,
  }),
];
