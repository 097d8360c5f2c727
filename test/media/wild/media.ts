import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAllMedia } from '../../../testkit/media-cache.ts';

const lavfi = (source: string) => ['-f', 'lavfi', '-i', source];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '40', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
/** One second of red, followed by one second of blue. */
const RED_THEN_BLUE = "color=red:s=320x180:r=10:d=2,drawbox=color=blue:t=fill:enable='gte(t,1)'";
/** A left half in lime, and a right half in red. */
const HALVES = 'color=lime:s=320x180:r=10:d=1,drawbox=x=160:w=160:h=180:color=red:t=fill';
const KEYED = 'color=0x00FF00:s=320x180:r=10:d=1,drawbox=x=120:y=50:w=80:h=80:color=blue:t=fill';
const TONE_BETWEEN_SILENCE = "sine=d=3,volume='between(t,1,2)':eval=frame";

/** The inputs of all requests of the corpus. They are small, and all colors and tones are distinguishable. */
const MEDIA = {
  clip: ['mp4', [...lavfi(RED_THEN_BLUE), ...lavfi('sine=d=2'), ...H264]],
  halves: ['mp4', [...lavfi(HALVES), ...lavfi('sine=d=1'), ...H264]],
  mute: ['mp4', [...lavfi('color=yellow:s=320x180:r=10:d=1'), ...H264]],
  tall: ['mp4', [...lavfi('color=blue:s=180x320:r=10:d=1'), ...lavfi('sine=d=1'), ...H264]],
  small: ['mp4', [...lavfi('color=white:s=160x120:r=10:d=1'), ...lavfi('sine=f=880:d=1'), ...H264]],
  noisy: ['mp4', [...lavfi('testsrc2=s=320x180:r=10:d=1,noise=alls=30:allf=t'), ...lavfi('sine=d=1'), ...H264]],
  keyed: ['mp4', [...lavfi(KEYED), ...lavfi('sine=d=1'), ...H264]],
  interlaced: [
    'mkv',
    [...lavfi('testsrc2=s=320x240:r=50:d=0.6,interlace'), '-c:v', 'mpeg2video', '-flags', '+ilme+ildct'],
  ],
  hdr: [
    'mp4',
    [
      ...lavfi(
        'color=0x8080ff:s=320x180:r=10:d=0.5,format=yuv420p10le,setparams=range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084',
      ),
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-tag:v', 'hvc1'],
    ],
  ],
  avi: ['avi', [...lavfi('color=red:s=160x120:r=10:d=1'), ...lavfi('sine=d=1'), '-c:v', 'mpeg4', '-c:a', 'mp3']],
  webm: [
    'webm',
    [...lavfi('color=red:s=160x90:r=10:d=0.5'), ...lavfi('sine=d=0.5'), '-c:v', 'libvpx', '-c:a', 'libopus'],
  ],
  animation: ['gif', lavfi("color=red:s=80x60:r=10:d=1,drawbox=color=blue:t=fill:enable='gte(t,0.5)'")],
  music: ['mp3', lavfi('sine=f=880:d=3')],
  narration: ['wav', lavfi(TONE_BETWEEN_SILENCE)],
  left: ['wav', [...lavfi('sine=d=1'), '-af', 'pan=stereo|c0=c0|c1=0*c0']],
  quiet: ['wav', [...lavfi('sine=d=2'), '-af', 'volume=-30dB']],
  photo: ['jpg', [...lavfi('color=lime:s=320x240'), '-frames:v', '1', '-update', '1']],
  poster: ['png', [...lavfi('color=red:s=320x180'), '-frames:v', '1', '-update', '1']],
  logo: ['png', [...lavfi('color=yellow:s=40x40,format=rgba'), '-frames:v', '1', '-update', '1']],
} as const satisfies Record<string, readonly [string, readonly string[]]>;

export type MediaName = keyof typeof MEDIA;

/** Files that requests name in addition to their inputs, at `https://files.example.com/<name>`. */
const TEXTS: Readonly<Record<string, string>> = {
  'lines.srt': '1\n00:00:00,000 --> 00:00:09,000\nMMMMMMMM\n',
  'lines.vtt': 'WEBVTT\n\n00:00:00.000 --> 00:00:09.000\nMMMMMMMM\n',
  'lines.ass': `[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 180

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,DejaVu Sans,60,&H0000FFFF,&H0000FFFF,&H00000000,&H00000000,-1,0,0,0,100,100,0,0,1,0,0,5,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,MMMM
`,
  // A LUT that swaps red and blue.
  'swap.cube': `LUT_3D_SIZE 2\n${[0, 1].flatMap((b) => [0, 1].flatMap((g) => [0, 1].map((r) => `${b} ${g} ${r}`))).join('\n')}\n`,
};

export interface Media {
  files: Readonly<Record<MediaName, string>>;
  /** Local path of each URL that a request names. */
  assets: Record<string, string>;
}

export async function makeMedia(folder: string): Promise<Media> {
  const names = Object.keys(MEDIA) as MediaName[];
  const files = Object.fromEntries(names.map((name) => [name, join(folder, `${name}.${MEDIA[name][0]}`)]));
  await makeAllMedia(names.map((name) => ({ path: files[name]!, args: MEDIA[name][1] })));
  for (const [name, text] of Object.entries(TEXTS)) writeFileSync(join(folder, name), text);
  const named = { ...files, ...Object.fromEntries(Object.keys(TEXTS).map((name) => [name, join(folder, name)])) };
  const assets = Object.entries(named).map(([name, path]) => [`https://files.example.com/${name}`, path]);
  return { files: files as Record<MediaName, string>, assets: Object.fromEntries(assets) };
}
