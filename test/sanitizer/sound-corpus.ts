import type { Case } from './corpus.ts';
import { changedPages } from './ogg-pages.ts';

/** Arguments for noise, in which a missing or additional sample is visible. */
const A = (options = 'r=44100', seconds = 2) => [
  '-f',
  'lavfi',
  '-i',
  `anoisesrc=${options}:c=pink:a=0.3:seed=7:d=${seconds}`,
];
/** Arguments for a cover of one frame. `-shortest` would drop a frame that lasts longer than the sound. */
const COVER = ['-f', 'lavfi', '-i', 'testsrc2=s=96x96:r=1:d=9', '-map', '0', '-map', '1', '-frames:v', '1'];
const JPEG = [...COVER, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-disposition:v', 'attached_pic'];
const PNG = [...COVER, '-c:v', 'png', '-disposition:v', 'attached_pic'];
const CBR = ['-c:a', 'libmp3lame', '-b:a', '128k'];
const VBR = ['-c:a', 'libmp3lame', '-q:a', '4'];
const NAMED = ['-metadata', 'title=A name', '-metadata', 'artist=Somebody', '-metadata', 'comment=Text'];
const OPUS = ['-c:a', 'libopus'];
const VORBIS = ['-c:a', 'libvorbis'];

const id3v1 = () => Buffer.concat([Buffer.from('TAGname'), Buffer.alloc(121)]);
const apeTag = () => {
  const item = Buffer.from('\x01\0\0\0\0\0\0\0a\0b', 'latin1');
  const head = (flags: number) => {
    const bytes = Buffer.alloc(32);
    bytes.write('APETAGEX');
    bytes.writeUInt32LE(2000, 8);
    bytes.writeUInt32LE(item.length + 32, 12);
    bytes.writeUInt32LE(1, 16);
    bytes.writeUInt32LE(flags, 20);
    return bytes;
  };
  return Buffer.concat([head(0xa0000000), item, head(0x80000000)]);
};
const replaced = (bytes: Buffer, from: string, to: string) => {
  const at = bytes.indexOf(from, 0, 'latin1');
  if (at < 0) throw new Error(`no ${from} in the file`);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to, 'latin1'), bytes.subarray(at + from.length)]);
};

/** Audio files without video, except for covers: MP3, AAC and Ogg. */
export const SOUND_CORPUS: readonly Case[] = [
  { name: 'a constant rate', described: true, file: 'mp3', args: [...A(), '-ac', '2', ...CBR] },
  { name: 'a variable rate', described: true, file: 'mp3', args: [...A(), '-ac', '2', ...VBR] },
  { name: 'one channel', described: true, file: 'mp3', args: [...A(), ...VBR, ...NAMED] },
  { name: '22.05 kHz', described: true, file: 'mp3', args: [...A('r=22050'), ...CBR, '-b:a', '48k'] },
  { name: '48 kHz', described: true, file: 'mp3', args: [...A('r=48000'), '-ac', '2', ...CBR] },
  { name: '8 kHz', described: true, file: 'mp3', args: [...A('r=8000'), ...CBR, '-b:a', '24k'] },
  { name: 'no Xing header', described: true, file: 'mp3', args: [...A(), ...CBR, '-write_xing', '0'] },
  {
    name: 'no Xing header, at a variable rate',
    file: 'mp3',
    args: [...A(), ...VBR, '-write_xing', '0', '-id3v2_version', '0'],
  },
  {
    name: 'a header without the delay',
    described: true,
    file: 'mp3',
    args: [...A(), ...VBR],
    altered: (bytes) => replaced(bytes, 'Lavf', 'Xing'),
  },
  {
    name: 'a header by LAME',
    described: true,
    file: 'mp3',
    args: [...A(), ...VBR],
    altered: (bytes) => replaced(bytes, 'Lavf', 'LAME'),
  },
  {
    name: 'ID3v2.3 and a JPEG',
    described: true,
    file: 'mp3',
    args: [...A(), ...JPEG, ...VBR, ...NAMED, '-id3v2_version', '3', '-write_id3v1', '1'],
  },
  {
    name: 'ID3v2.4 and a PNG',
    described: true,
    file: 'mp3',
    args: [...A(), ...PNG, ...CBR, ...NAMED, '-id3v2_version', '4'],
  },
  {
    name: 'a cover and a title in UTF-16',
    described: true,
    file: 'mp3',
    args: [...A(), ...PNG, ...CBR, '-metadata:s:v', 'title=Обложка', '-metadata', 'title=Имя', '-id3v2_version', '3'],
  },
  { name: 'ID3v1', described: true, file: 'mp3', args: [...A(), ...VBR, ...NAMED, '-write_id3v1', '1'] },
  {
    name: 'an APE tag and ID3v1',
    described: true,
    file: 'mp3',
    args: [...A(), ...VBR],
    altered: (bytes) => Buffer.concat([bytes, apeTag(), id3v1()]),
  },
  {
    name: 'ID3v2.2',
    described: true,
    file: 'mp3',
    args: [...A(), ...CBR, '-id3v2_version', '0'],
    altered: (bytes) => Buffer.concat([Buffer.from('ID3\x02\0\0\0\0\0\x0fTT2\0\0\x05\0name\0\0\0\0', 'latin1'), bytes]),
  },
  {
    name: 'truncated audio',
    described: true,
    file: 'mp3',
    args: [...A(), ...VBR],
    altered: (bytes) => bytes.subarray(0, bytes.length - 200),
  },
  {
    name: 'much more data than declared',
    file: 'mp3',
    args: [...A(), ...CBR, '-id3v2_version', '0'],
    altered: (bytes) => Buffer.concat([bytes, bytes.subarray(bytes.readUInt8(1) === 0xfb ? 417 : 0)]),
    isEstimated: true,
  },
  {
    name: 'a rate that changes in the middle',
    file: 'mp3',
    args: [...A(), ...CBR],
    altered: (bytes) => Buffer.concat([bytes, otherRate()]),
    stays: /changes its sample rate/,
  },
  { name: 'layer II', file: 'mp2', args: [...A(), '-c:a', 'mp2'], stays: /no two consecutive audio frames/ },

  { name: 'AAC, mono', described: true, file: 'aac', args: [...A(), '-c:a', 'aac'] },
  {
    name: 'AAC, stereo at 48 kHz',
    described: true,
    file: 'aac',
    args: [...A('r=48000'), '-ac', '2', '-c:a', 'aac', '-b:a', '192k'],
  },
  {
    name: 'AAC, three channels',
    described: true,
    file: 'aac',
    args: [...A(), '-af', 'aformat=channel_layouts=3.0', '-c:a', 'aac'],
  },
  {
    name: 'AAC, four channels',
    described: true,
    file: 'aac',
    args: [...A(), '-af', 'aformat=channel_layouts=4.0', '-c:a', 'aac'],
  },
  {
    name: 'AAC, five channels',
    described: true,
    file: 'aac',
    args: [...A(), '-af', 'aformat=channel_layouts=5.0', '-c:a', 'aac'],
  },
  { name: 'AAC, six channels', described: true, file: 'aac', args: [...A(), '-ac', '6', '-c:a', 'aac'] },
  {
    name: 'AAC at 16 kHz with a tag',
    file: 'aac',
    args: [...A('r=16000'), '-c:a', 'aac', '-write_id3v2', '1', ...NAMED],
  },
  {
    name: 'AAC and ID3v1',
    described: true,
    file: 'aac',
    args: [...A(), '-c:a', 'aac'],
    altered: (bytes) => Buffer.concat([bytes, id3v1()]),
    isEstimated: true,
  },
  {
    name: 'AAC with tags in the middle',
    described: true,
    file: 'aac',
    args: [...A(), '-c:a', 'aac'],
    altered: (bytes) => {
      const at = ((bytes[3]! & 3) << 11) | (bytes[4]! << 3) | (bytes[5]! >> 5);
      const tag = Buffer.from('ID3\x04\0\0\0\0\0\x20', 'latin1');
      return Buffer.concat([bytes.subarray(0, at), tag, Buffer.alloc(32, 'PRIV'), bytes.subarray(at)]);
    },
    isEstimated: true,
  },
  { name: 'AAC of a few frames', described: true, file: 'aac', args: [...A('r=44100', 0.3), '-c:a', 'aac'] },
  {
    name: 'truncated AAC',
    described: true,
    file: 'aac',
    args: [...A('r=44100', 1), '-ac', '2', '-c:a', 'aac'],
    altered: (bytes) => bytes.subarray(0, bytes.length - 20),
  },
  {
    name: 'AAC in pairs of channels where its headers declare one',
    file: 'aac',
    args: [...A(), '-ac', '2', '-c:a', 'aac'],
    altered: (bytes) => changedFrames(bytes, (frame) => frame.writeUInt8((frame[3]! & 0x3f) | 0x40, 3)),
  },
  {
    name: 'AAC that ends like a tag with a cover',
    file: 'aac',
    args: [...A(), '-b:a', '128k', '-c:a', 'aac'],
    altered: (bytes) => {
      bytes.write('APETAGEX', bytes.length - 32);
      return bytes;
    },
  },

  {
    name: 'a voice note',
    described: true,
    file: 'ogg',
    args: [...A('r=48000'), '-ac', '1', ...OPUS, '-b:a', '24k', ...NAMED],
  },
  {
    name: 'Opus, stereo',
    described: true,
    file: 'opus',
    args: [...A('r=48000', 3), '-ac', '2', ...OPUS, '-b:a', '128k'],
  },
  {
    name: 'Opus, six channels',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), '-ac', '6', ...OPUS, '-b:a', '256k'],
  },
  {
    name: 'Opus in the shortest packets',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS, '-frame_duration', '2.5'],
  },
  {
    name: 'Opus in the longest packets',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS, '-frame_duration', '120'],
  },
  {
    name: 'Opus with a page for each packet',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS, '-page_duration', '1'],
  },
  {
    name: 'Opus that begins later',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS],
    copied: ['-ss', '0.7'],
  },
  {
    name: 'truncated Opus',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS, '-page_duration', '100000'],
    altered: (bytes) => bytes.subarray(0, bytes.length - 300),
  },
  {
    name: 'Opus followed by other data',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS],
    altered: (bytes) => Buffer.concat([bytes, Buffer.from('PK\x03\x04 a zip')]),
  },
  {
    name: 'Opus whose times begin at one second',
    described: true,
    file: 'opus',
    args: [...A('r=48000'), ...OPUS],
    altered: (bytes) => delayed(bytes, 48_000n),
  },
  { name: 'Vorbis', described: true, file: 'ogg', args: [...A(), '-ac', '2', ...VORBIS, ...NAMED] },
  { name: 'Vorbis, six channels', described: true, file: 'ogg', args: [...A('r=48000'), '-ac', '6', ...VORBIS] },
  {
    name: 'Vorbis that begins later',
    described: true,
    file: 'ogg',
    args: [...A(), ...VORBIS],
    copied: ['-ss', '0.5'],
  },
  { name: 'FLAC in Ogg', described: true, file: 'ogg', args: [...A(), '-ac', '2', '-c:a', 'flac', ...NAMED] },
  {
    name: 'FLAC in packets of many pages',
    file: 'ogg',
    args: [...A('r=192000'), '-ac', '6', '-c:a', 'flac', '-frame_size', '32768', '-compression_level', '0'],
  },
  { name: 'Vorbis in one page', described: true, file: 'ogg', args: [...A('r=44100', 0.3), ...VORBIS] },
  {
    name: 'truncated Vorbis with a page for each packet',
    described: true,
    file: 'ogg',
    args: [...A(), ...VORBIS, '-page_duration', '1'],
    altered: (bytes) => bytes.subarray(0, bytes.length - 200),
  },
  {
    name: 'Vorbis whose times begin at one second',
    described: true,
    file: 'ogg',
    args: [...A(), ...VORBIS, '-page_duration', '500000'],
    altered: (bytes) => delayed(bytes, 44_100n),
  },
  {
    name: 'Vorbis with a comment between its audio',
    file: 'ogg',
    args: [...A(), ...VORBIS, '-page_duration', '500000'],
    altered: (bytes) => {
      let pages = 0;
      return changedPages(bytes, (page) => {
        // The first two pages contain the headers.
        if (pages++ === 3) page[27 + page[26]!] = 3;
      });
    },
  },
  {
    name: 'Vorbis with a cover',
    file: 'ogg',
    args: [...A(), ...VORBIS, '-metadata', 'METADATA_BLOCK_PICTURE=AAAA'],
    stays: /pictures or channels in its comments/,
  },
  {
    name: 'FLAC in Ogg whose times begin at one second',
    described: true,
    file: 'ogg',
    args: [...A(), '-c:a', 'flac', '-page_duration', '500000'],
    altered: (bytes) => delayed(bytes, 44_100n),
  },
  {
    name: 'two Opus recordings in sequence',
    file: 'opus',
    args: [...A('r=48000'), ...OPUS],
    altered: (bytes) => Buffer.concat([bytes, bytes]),
    stays: /several chained recordings/,
  },
  {
    name: 'two streams',
    file: 'ogg',
    args: [...A(), ...A(), '-map', '0', '-map', '1', ...VORBIS],
    stays: /several streams/,
  },
  { name: 'Theora', file: 'ogg', args: ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=1'], stays: /other than one Opus/ },
  { name: 'Speex', file: 'ogg', args: [...A('r=16000'), '-c:a', 'libspeex'], stays: /other than one Opus/ },
];

/** Returns frames with another sampling rate in their headers, and therefore with another duration. */
function otherRate(): Buffer {
  const frame = Buffer.alloc(384);
  frame.writeUInt32BE(0xfffb9400);
  return Buffer.concat([frame, frame, frame, frame]);
}

/** Changes the headers of ADTS frames. */
function changedFrames(file: Buffer, change: (frame: Buffer) => void): Buffer {
  for (let at = 0; at + 7 <= file.length; at += (file.readUInt32BE(at + 3) >> 13) & 0x1fff) change(file.subarray(at));
  return file;
}

/** Adds an offset to the times of all pages with audio. */
function delayed(file: Buffer, units: bigint): Buffer {
  return changedPages(file, (page) => {
    const granule = page.readBigInt64LE(6);
    if (granule > 0n) page.writeBigInt64LE(granule + units, 6);
  });
}
