/** A file of the corpus: how FFmpeg makes it, and the expected result. */
export interface Case {
  name: string;
  file: string;
  args: readonly string[];
  /** Pattern of the reason why the file stays unchanged. If absent, the file is remuxed. */
  stays?: RegExp;
  /** Arguments of a second step, which copies the first file. */
  copied?: readonly string[];
  /** A last step, which changes the bytes to something that FFmpeg does not write. */
  altered?: (bytes: Buffer) => Buffer;
  /** Whether FFmpeg estimates the duration from the file size. The size includes parts that the remux drops. */
  isEstimated?: boolean;
  /** Whether the file does not declare its frame rate or its duration, and the remux declares both. */
  isUntimed?: boolean;
  /** Whether the readers describe the file. If absent, the file is left to ffprobe. */
  described?: boolean;
}

const V = (options = 's=96x64:r=25:d=1') => ['-f', 'lavfi', '-i', `testsrc2=${options}`];
const A = (seconds = 1) => ['-f', 'lavfi', '-i', `sine=f=440:r=48000:d=${seconds}`];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const B_FRAMES = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '12', '-pix_fmt', 'yuv420p'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'];
const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8'];
const AV1 = ['-c:v', 'libsvtav1', '-preset', '12', '-svtav1-params', 'lp=1'];
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:pools=none'];
const AAC = ['-c:a', 'aac'];
const HDR = [
  '-pix_fmt',
  'yuv420p10le',
  '-color_primaries',
  'bt2020',
  '-color_trc',
  'smpte2084',
  '-colorspace',
  'bt2020nc',
];
/** Arguments for unequal frame intervals. */
const VFR = ['-vf', 'setpts=PTS+if(mod(N\\,3)\\,0.013/TB\\,0)', '-fps_mode', 'vfr', '-enc_time_base', '1/90000'];

export const CORPUS: readonly Case[] = [
  { name: 'H.264 with B-frames and AAC', described: true, file: 'mp4', args: [...V(), ...A(), ...B_FRAMES, ...AAC] },
  {
    name: 'the index first',
    described: true,
    file: 'mp4',
    args: [...V(), ...A(), ...H264, ...AAC, '-movflags', '+faststart'],
  },
  {
    name: '29.97 frames per second',
    described: true,
    file: 'mp4',
    args: [...V('s=96x64:r=30000/1001:d=1'), ...A(), ...B_FRAMES, ...AAC],
  },
  { name: 'unequal frame intervals', described: true, file: 'mp4', args: [...V(), ...VFR, ...B_FRAMES] },
  { name: 'interlaced', file: 'mov', args: [...V(), ...B_FRAMES, '-flags', '+ilme+ildct', '-x264opts', 'tff=1'] },
  { name: 'HEVC, ten bits, PQ', described: true, file: 'mp4', args: [...V(), ...HEVC, ...HDR, '-tag:v', 'hvc1'] },
  {
    name: 'HEVC with mastering data in the container',
    described: true,
    file: 'mkv',
    args: [...V(), ...HEVC, ...HDR, '-x265-params', 'log-level=none:pools=none:hdr10=1:max-cll=1000,400'],
  },
  { name: 'AV1 and Opus', described: true, file: 'mp4', args: [...V(), ...A(), ...AV1, '-c:a', 'libopus'] },
  { name: 'VP9 and FLAC', file: 'mp4', args: [...V(), ...A(), ...VP9, '-c:a', 'flac', '-strict', '-2'] },
  { name: 'MPEG-4 and MP3', file: 'mp4', args: [...V(), ...A(), '-c:v', 'mpeg4', '-c:a', 'libmp3lame'] },
  { name: 'ProRes and PCM', file: 'mov', args: [...V(), ...A(), '-c:v', 'prores_ks', '-c:a', 'pcm_s16le'] },
  {
    name: 'ProRes 4444 with alpha and 24 bits',
    file: 'mov',
    args: [...V(), ...A(), '-c:v', 'prores_ks', '-pix_fmt', 'yuva444p10le', '-c:a', 'pcm_s24be'],
  },
  {
    name: 'Motion JPEG and A-law',
    file: 'mov',
    args: [...V(), ...A(), '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-c:a', 'pcm_alaw'],
  },
  { name: 'rotation', described: true, file: 'mp4', args: [...V(), ...H264], copied: ['-display_rotation', '90'] },
  {
    name: 'rotation and mirroring',
    described: true,
    file: 'mov',
    args: [...V(), ...H264],
    copied: ['-display_rotation', '270', '-display_hflip'],
  },
  {
    name: 'an edit list that cuts the start',
    described: true,
    file: 'mp4',
    args: [...V(), ...A(), ...B_FRAMES, ...AAC],
    copied: ['-ss', '0.3'],
  },
  {
    name: 'audio that starts later',
    described: true,
    file: 'mp4',
    args: [...V(), '-itsoffset', '0.25', ...A(), ...B_FRAMES, ...AAC],
  },
  { name: 'non-square pixels', described: true, file: 'mp4', args: [...V(), ...H264, '-vf', 'setsar=16/11'] },
  {
    name: 'odd sizes',
    described: true,
    file: 'mp4',
    args: [...V('s=97x63:r=25:d=1'), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p'],
  },
  {
    name: 'several audio tracks',
    described: true,
    file: 'mp4',
    args: [
      ...V(),
      ...A(),
      ...A(),
      ...H264,
      ...AAC,
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      '-disposition:a:1',
      'default',
    ],
  },
  { name: 'audio only', described: true, file: 'm4a', args: [...A(2), ...AAC] },
  { name: 'ALAC', file: 'm4a', args: [...A(), '-c:a', 'alac'] },
  { name: 'AC-3', file: 'mp4', args: [...A(), '-c:a', 'ac3'] },
  { name: 'a 3GP', file: '3gp', args: [...V('s=176x144:r=25:d=1'), '-c:v', 'h263'] },
  {
    name: 'colour tags',
    described: true,
    file: 'mp4',
    args: [
      ...V(),
      ...H264,
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-colorspace',
      'bt709',
      '-color_range',
      'tv',
      '-movflags',
      '+write_colr',
    ],
  },
  {
    name: 'a time code track at the end',
    described: true,
    file: 'mov',
    args: [...V(), ...H264, '-timecode', '01:00:00:00'],
  },

  {
    name: 'H.264 in Matroska',
    described: true,
    file: 'mkv',
    args: [...V('s=96x64:r=30000/1001:d=1'), ...A(), ...B_FRAMES, '-c:a', 'libvorbis'],
  },
  { name: 'VP8 and Vorbis', described: true, file: 'webm', args: [...V(), ...A(), ...VP8, '-c:a', 'libvorbis'] },
  { name: 'VP9 and Opus', described: true, file: 'webm', args: [...V(), ...A(), ...VP9, '-c:a', 'libopus'] },
  { name: 'VP9 with alpha', described: true, file: 'webm', args: [...V(), ...VP9, '-pix_fmt', 'yuva420p'] },
  { name: 'AV1 in WebM', described: true, file: 'webm', args: [...V(), ...AV1] },
  { name: 'AV1, ten bits, PQ', described: true, file: 'mkv', args: [...V(), ...AV1, ...HDR] },
  {
    name: 'a live WebM without sizes',
    described: true,
    isUntimed: true,
    file: 'webm',
    args: [...V(), ...A(), ...VP8, '-c:a', 'libopus', '-live', '1'],
  },
  {
    name: 'a commentary and audio for impaired listeners in Matroska',
    described: true,
    file: 'mkv',
    args: [
      ...[...V(), ...A(), ...A(), ...A(), ...A(), '-map', '0', '-map', '1', '-map', '2', '-map', '3', '-map', '4'],
      ...[...H264, '-c:a', 'flac', '-disposition:a:1', 'comment', '-disposition:a:2', 'visual_impaired'],
      ...['-disposition:a:3', 'hearing_impaired'],
    ],
  },
  { name: 'rotation in Matroska', file: 'mkv', args: [...V(), ...H264], copied: ['-display_rotation', '90'] },
  {
    name: 'FLAC and PCM in Matroska',
    file: 'mkv',
    args: [...A(), ...A(), '-map', '0', '-map', '1', '-c:a:0', 'flac', '-c:a:1', 'pcm_s16le'],
  },
  {
    name: 'unequal frame intervals in Matroska',
    described: true,
    isUntimed: true,
    file: 'mkv',
    args: [...V(), ...VFR, ...B_FRAMES],
  },
  {
    name: 'non-square pixels in Matroska',
    described: true,
    file: 'mkv',
    args: [...V(), ...H264, '-vf', 'setsar=16/11'],
  },

  { name: '16 bits', described: true, file: 'wav', args: [...A(), '-metadata', 'title=x'] },
  { name: '8 bits at 8 kHz', described: true, file: 'wav', args: [...A(), '-ar', '8000', '-c:a', 'pcm_u8'] },
  { name: '24 bits in stereo', described: true, file: 'wav', args: [...A(), '-ac', '2', '-c:a', 'pcm_s24le'] },
  { name: 'floats in six channels', described: true, file: 'wav', args: [...A(), '-ac', '6', '-c:a', 'pcm_f32le'] },
  { name: 'A-law', described: true, file: 'wav', args: [...A(), '-c:a', 'pcm_alaw'] },
  {
    name: 'AC-3 as samples',
    file: 'wav',
    args: [...A(), '-c:a', 'pcm_s16le', '-f', 'wav'],
    altered: (bytes) => bytes.fill(Buffer.from('0b77', 'hex'), 78, 80),
  },
  { name: 'FLAC', described: true, file: 'flac', args: [...A(), '-ac', '2', '-metadata', 'title=x'] },
  {
    name: 'FLAC of 24 bits at 96 kHz',
    described: true,
    file: 'flac',
    args: [...A(), '-ar', '96000', '-sample_fmt', 's32', '-bits_per_raw_sample', '24'],
  },
  { name: 'ADPCM', file: 'wav', args: [...A(), '-c:a', 'adpcm_ms'], stays: /compressed/ },
  {
    name: 'a transport stream with B-frames',
    file: 'ts',
    args: [...V(), ...A(), ...B_FRAMES, ...AAC],
    stays: /mpegts/,
  },
  { name: 'an AVI', file: 'avi', args: [...V(), ...H264], stays: /avi/ },
];
