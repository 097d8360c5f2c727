import { makeBox, u32 } from '../../src/sanitizer/isobmff/boxes.ts';

/** A fragmented file: how FFmpeg makes it, how its bytes are changed, and the expected result. */
export interface FragmentCase {
  name: string;
  file?: string;
  args: readonly string[];
  /** Flags of the muxer. */
  flags: string;
  /** Arguments of a second step, which copies the first, fragmented file. */
  copied?: readonly string[];
  /** A last step, which changes the bytes. */
  altered?: (bytes: Buffer) => Buffer;
  /** Pattern of the reason why the file stays unchanged. If absent, the file is remuxed. */
  stays?: RegExp;
  /** Expected duration in seconds, if FFmpeg itself counts from zero or trusts an index of segments. */
  lasts?: number;
  /** Whether the frame rate may differ, because a pause between fragments extends the frame before the pause. */
  pauses?: boolean;
}

const V = (options = 's=96x64:r=25:d=1') => ['-f', 'lavfi', '-i', `testsrc2=${options}`];
const A = (seconds = 1) => ['-f', 'lavfi', '-i', `sine=f=440:r=48000:d=${seconds}`];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '8'];
const B_FRAMES = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '12', '-pix_fmt', 'yuv420p'];
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-g', '12', '-x265-params', 'log-level=none:pools=none'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10'];
const AV1 = ['-c:v', 'libsvtav1', '-preset', '12', '-g', '10', '-svtav1-params', 'lp=1'];
/** AAC without noise substitution, because its noise depends on where decoding begins. */
const AAC = ['-c:a', 'aac', '-aac_pns', '0'];
const BOTH = [...V(), ...A(), ...B_FRAMES, ...AAC];
const EMPTY = '+frag_keyframe+empty_moov';
/** Flags for edit lists: the index is written when the first frames are known. */
const EDITED = '+frag_keyframe+delay_moov';
const VFR = ['-vf', 'setpts=PTS+if(mod(N\\,3)\\,0.013/TB\\,0)', '-fps_mode', 'vfr', '-enc_time_base', '1/90000'];
const COLOURS = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'];
const HDR = [
  ...['-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
  ...['-tag:v', 'hvc1'],
];

export const FRAGMENT_CORPUS: readonly FragmentCase[] = [
  { name: 'H.264 with B-frames and AAC', args: BOTH, flags: EMPTY },
  { name: 'offsets from each fragment', args: BOTH, flags: `${EMPTY}+default_base_moof` },
  { name: 'offsets from the data before', args: BOTH, flags: `${EMPTY}+omit_tfhd_offset` },
  { name: 'edit lists', args: BOTH, flags: EDITED },
  { name: 'negative offsets', args: BOTH, flags: `${EDITED}+negative_cts_offsets` },
  { name: 'CMAF', args: BOTH, flags: '+cmaf+frag_keyframe+delay_moov' },
  { name: 'DASH with an index in each fragment', args: BOTH, flags: `${EDITED}+dash`, lasts: 1.021 },
  { name: 'DASH with one index', args: BOTH, flags: `${EDITED}+dash+global_sidx`, lasts: 1.021 },
  { name: 'a fragment for each stream', args: BOTH, flags: `${EMPTY}+separate_moof` },
  {
    name: 'a fragment for each frame',
    args: [...BOTH, '-frag_duration', '30000'],
    flags: '+delay_moov+default_base_moof',
  },
  { name: 'audio that FFmpeg drops', args: BOTH, flags: '+frag_every_frame+empty_moov', stays: /overlap in time/ },
  { name: 'interleaved runs', args: [...BOTH, '-frag_interleave', '3'], flags: EDITED },
  { name: 'all in one fragment', args: BOTH, flags: '+empty_moov' },
  { name: 'samples in the index', args: BOTH, flags: '+frag_keyframe' },
  {
    name: 'samples in the index, and an edit list',
    args: named(BOTH),
    flags: '+frag_keyframe',
    altered: withEdits(1024),
  },
  {
    name: 'samples in the index, and an edit list that hides some of them',
    args: named(BOTH),
    flags: '+frag_keyframe',
    altered: withEdits(2048),
    stays: /hides samples/,
  },
  { name: 'HEVC, ten bits, PQ', args: [...V(), ...HEVC, ...HDR], flags: EDITED },
  { name: 'AV1 and Opus', args: [...V(), ...A(), ...AV1, '-c:a', 'libopus'], flags: EMPTY },
  { name: 'Opus that begins before its start', args: [...V(), ...A(), ...H264, '-c:a', 'libopus'], flags: EDITED },
  { name: 'VP9 and FLAC', args: [...V(), ...A(), ...VP9, '-c:a', 'flac', '-strict', '-2'], flags: EMPTY },
  { name: 'MPEG-4 and PCM', file: 'mov', args: [...V(), ...A(), '-c:v', 'mpeg4', '-c:a', 'pcm_s16le'], flags: EMPTY },
  { name: 'video only', args: [...V('s=96x64:r=30000/1001:d=1'), ...B_FRAMES], flags: EDITED },
  { name: 'audio only', file: 'm4a', args: [...A(2), ...AAC, '-frag_duration', '300000'], flags: '+empty_moov' },
  { name: 'unequal frame intervals', args: [...V(), ...VFR, ...B_FRAMES], flags: EDITED },
  {
    name: 'rotation and mirroring',
    args: [...V(), ...H264],
    flags: EMPTY,
    copied: ['-display_rotation', '270', '-display_hflip'],
  },
  { name: 'colour tags', args: [...V(), ...H264, ...COLOURS], flags: `${EMPTY}+write_colr` },
  { name: 'audio that starts later', args: [...V(), '-itsoffset', '0.25', ...A(), ...B_FRAMES, ...AAC], flags: EDITED },
  { name: 'a start after 100 seconds', args: [...BOTH, '-output_ts_offset', '100'], flags: EDITED },
  { name: 'a time code', file: 'mov', args: [...V(), ...H264, '-timecode', '01:00:00:00'], flags: EMPTY },
  { name: 'a missing first fragment', args: BOTH, flags: EDITED, altered: without(0), lasts: 0.594 },
  { name: 'a missing fragment', args: BOTH, flags: EDITED, altered: without(1), pauses: true },
  {
    name: 'repeated fragments',
    args: BOTH,
    flags: `${EMPTY}+default_base_moof`,
    altered: twice,
    stays: /overlap in time/,
  },
  { name: 'events and unknown boxes between', args: BOTH, flags: `${EMPTY}+default_base_moof`, altered: withEvents },
  {
    name: 'an end after a fragment',
    args: BOTH,
    flags: EDITED,
    altered: (bytes) => bytes.subarray(0, fragmentsOf(bytes)[2]!.start),
  },
  {
    name: 'an end in the data of a fragment',
    args: BOTH,
    flags: EDITED,
    altered: (bytes) => bytes.subarray(0, bytes.lastIndexOf('mdat') + 400),
    stays: /cut off/,
  },
  {
    name: 'an end in a fragment',
    args: BOTH,
    flags: EDITED,
    altered: (bytes) => bytes.subarray(0, bytes.lastIndexOf('trun') + 10),
    stays: /cut off/,
  },
  {
    name: 'an end in a box header',
    args: BOTH,
    flags: EDITED,
    altered: (bytes) => bytes.subarray(0, bytes.lastIndexOf('moof') + 2),
  },
];

/** Adds a box of 36 bytes to each stream, to be replaced by an edit list. */
function named(args: readonly string[]): string[] {
  return [...args, ...['v', 'a'].flatMap((kind) => [`-metadata:s:${kind}:0`, `title=${'x'.repeat(20)}`])];
}

function withEdits(mediaTime: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const elst = makeBox('elst', u32(0, 1, 10_000, mediaTime, 0x10000));
    const edts = makeBox('edts', elst);
    // The box is replaced only in the video track.
    const at = bytes.indexOf('xxxxxxxxxxxxxxxxxxxx') - 16;
    edts.copy(bytes, at);
    return bytes;
  };
}

/** Returns the range of each `moof` and its data. */
function fragmentsOf(bytes: Buffer): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + bytes.readUInt32BE(at);
    if (type === 'moof') found.push({ start: at, end });
    else if (type === 'mdat' && found.length > 0) found.at(-1)!.end = end;
  }
  return found;
}

/** Blanks a fragment, so that the following fragments keep their offsets. */
function without(index: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const { start, end } = fragmentsOf(bytes)[index]!;
    makeBox('free', Buffer.alloc(end - start - 8)).copy(bytes, start);
    return bytes;
  };
}

function twice(bytes: Buffer): Buffer {
  const [{ start, end } = { start: 0, end: 0 }] = fragmentsOf(bytes);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
}

function withEvents(bytes: Buffer): Buffer {
  const between = Buffer.concat(['emsg', 'prft', 'styp', 'abcd'].map((type) => makeBox(type, Buffer.alloc(24))));
  const starts = fragmentsOf(bytes).map(({ start }) => start);
  const parts = [0, ...starts].map((from, index) => bytes.subarray(from, starts[index] ?? bytes.length));
  return Buffer.concat(parts.flatMap((part) => [part, between]));
}
