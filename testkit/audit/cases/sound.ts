import { ffprobe } from '../../media.ts';
import { type AuditCase, atMost, between, equals, type Figure } from '../audit-case.ts';
import { beepTimes, compareBeats, decodeSound, flashTimes, loudness, peaks } from '../checks/sound.ts';
import { flashesAndBeeps } from '../sources/beeps.ts';
import { encoded, makeSource, type Source } from '../sources/source.ts';
import type { World } from '../world.ts';

const OFFSET_MS = 20;
const SOUND_FORMATS = ['mp3', 'wav', 'm4a', 'opus', 'flac', 'aac', 'ogg'] as const;
const VIDEO_FORMATS = ['mp4', 'mov', 'mkv', 'webm', 'avi'] as const;
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'];
const VP8 = ['-c:v', 'libvpx', '-b:v', '300k', '-deadline', 'realtime', '-cpu-used', '8'];
const MPEG2 = ['-c:v', 'mpeg2video', '-q:v', '4', '-g', '12'];

/** Drops the sound from about 3.2 to 4.7 seconds, as a recorder does that pauses. */
const GAP = ['-bsf:a', "noise=drop='between(n,150,220)'"];
const OPUS_GAP = ['-bsf:a', "noise=drop='between(n,160,235)'"];

const BEATS: Readonly<Record<string, { source: Source; isShort?: boolean }>> = {
  'in-sync': { source: flashesAndBeeps('mp4', [...X264, '-c:a', 'aac']) },
  'gap-in-mkv': { source: flashesAndBeeps('mkv', [...X264, '-c:a', 'aac', ...GAP]), isShort: true },
  'gap-in-mp4': { source: flashesAndBeeps('mp4', [...X264, '-c:a', 'aac', ...GAP]) },
  'gap-in-webm': { source: flashesAndBeeps('webm', [...VP8, '-c:a', 'libopus', ...OPUS_GAP]) },
  'gap-in-ts': {
    source: flashesAndBeeps('ts', [...MPEG2, '-c:a', 'mp2', '-bsf:a', "noise=drop='between(n,140,195)'"]),
  },
  'late-sound-in-mkv': {
    source: flashesAndBeeps('mkv', [...X264, '-c:a', 'aac'], { soundInput: ['-itsoffset', '1.5'], cut: 1.5 }),
  },
  'late-sound-in-mp4': {
    source: flashesAndBeeps('mp4', [...X264, '-c:a', 'aac'], { soundInput: ['-itsoffset', '1.5'], cut: 1.5 }),
  },
  'late-sound-in-ts': {
    source: flashesAndBeeps('ts', [...X264, '-c:a', 'aac'], { soundInput: ['-itsoffset', '1.5'], cut: 1.5 }),
  },
};

/** Beeps of the source that are at a flash, which every output must keep. */
async function checkBeats(world: World, source: Source): Promise<Figure[]> {
  const path = await makeSource(source);
  const [flashes, beeps] = [await flashTimes(path), await beepTimes(path)];
  // A transport stream starts at 1.4 seconds, and outputs start at zero.
  const start = await startOf(path);
  const expected = flashes.map((time) => time - start);
  const figures = [atMost('offset in the source in ms', compareBeats(flashes, beeps).offsetMs, OFFSET_MS)];
  for (const format of [...SOUND_FORMATS, ...VIDEO_FORMATS]) {
    const made = await world.transcode(source, { output_format: format });
    if (made.status !== 'completed') {
      figures.push(equals(format, made.failure.slice(0, 300), 'completed'));
      continue;
    }
    const output = await made.file();
    const isVideo = (VIDEO_FORMATS as readonly string[]).includes(format);
    const found = await beepTimes(output);
    const { offsetMs } = compareBeats(isVideo ? await flashTimes(output) : expected, found);
    figures.push(atMost(`beep against flash in ${format} in ms`, offsetMs, OFFSET_MS));
    figures.push(equals(`beeps of ${format}`, found.length, beeps.length));
  }
  return [...figures, ...(await checkLadder(world, source, beeps.length))];
}

async function checkLadder(world: World, source: Source, count: number): Promise<Figure[]> {
  const made = await world.transcode(source, { output_format: 'cmaf', ladder: [{ height: 90 }] });
  if (made.status !== 'completed') return [equals('ladder', made.failure.slice(0, 300), 'completed')];
  const renditions = [...(await made.renditions())];
  const sound = renditions.find(([folder]) => folder.includes('audio'))![1];
  const video = renditions.find(([folder]) => !folder.includes('audio'))![1];
  const beeps = await beepTimes(sound);
  return [
    atMost('beep against flash in a ladder in ms', compareBeats(await flashTimes(video), beeps).offsetMs, OFFSET_MS),
    equals('beeps of a ladder', beeps.length, count),
  ];
}

async function startOf(path: string): Promise<number> {
  return Number((await ffprobe(path)).format.start_time ?? 0);
}

/** Six channels of the same tone at full scale, which a downmix without a limiter adds up. */
const LOUD = encoded('wav', [
  ...['-f', 'lavfi', '-i', 'aevalsrc=0.98*sin(2*PI*220*t):c=mono:s=48000:d=3'],
  ...['-af', 'pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0', '-c:a', 'pcm_s16le'],
]);

/** Bursts of noise in every channel. */
const BURSTS = encoded('wav', [
  ...['-f', 'lavfi', '-i', 'anoisesrc=c=white:a=0.98:d=4:r=48000:seed=7'],
  ...['-af', "volume='if(lt(mod(t,0.5),0.1),1,0.03)':eval=frame,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0"],
  ...['-c:a', 'pcm_s16le'],
]);

/** A quiet voice in the center, and after two seconds `after` times full scale in all channels. */
const dialogue = (after: number) => {
  const side = `${after}*gte(t,2)*sin(2*PI*220*t)`;
  const center = `0.1*lt(t,2)*sin(2*PI*440*t)+${side}`;
  return encoded('wav', [
    ...['-f', 'lavfi', '-i', `aevalsrc=${[side, side, center, side, side, side].join('|')}:c=5.1:s=48000:d=4`],
    ...['-c:a', 'pcm_s16le'],
  ]);
};

const PEAK = -0.1;

async function checkPeaks(world: World, source: Source): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const format of ['mp3', 'm4a', 'aac', 'opus', 'ogg', 'webm', 'mp4']) {
    const options = format === 'mp4' || format === 'webm' ? { preset: { quality: 'high' } } : {};
    const made = await world.transcode(source, { output_format: format, ...options });
    if (made.status !== 'completed') continue;
    const sound = await decodeSound(await made.file());
    figures.push(equals(`channels of ${format}`, sound.channels, 2));
    figures.push(atMost(`peak of ${format} in dBFS`, peaks(sound).sample, PEAK));
  }
  return figures;
}

const loudCases: readonly AuditCase[] = [
  { name: 'sound/loud-surround', isShort: true, run: (world) => checkPeaks(world, LOUD) },
  { name: 'sound/loud-bursts-in-surround', run: (world) => checkPeaks(world, BURSTS) },
  {
    name: 'sound/dialogue-keeps-its-level',
    async run(world) {
      const levels: number[] = [];
      for (const after of [0, 0.98]) {
        const made = await world.transcode(dialogue(after), { output_format: 'm4a' });
        levels.push(loudness(await decodeSound(await made.file()), 0.3, 1.5));
      }
      return [
        // A sine of 0.1 has -23 dBFS. The center is 3 dB lower in each channel of stereo.
        between('level of the dialogue alone in dBFS', levels[0]!, -27, -25),
        between('level of the dialogue before a loud part in dBFS', levels[1]!, levels[0]! - 0.5, levels[0]! + 0.5),
      ];
    },
  },
];

const RATES = [96_000, 192_000] as const;

const rateCases = RATES.map(
  (rate): AuditCase => ({
    name: `sound/${rate}-hertz`,
    async run(world) {
      const tone = ['-f', 'lavfi', '-i', `sine=r=${rate}:d=2`, '-c:a', 'pcm_s24le'];
      const video = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=2'];
      const movie = encoded('mov', [...video, ...tone, ...X264]);
      const wav = encoded('wav', tone);
      const figures: Figure[] = [];
      for (const [format, source] of [
        ['m4a', wav],
        ['aac', wav],
        ['mp4', movie],
        ['mov', movie],
        ['mkv', movie],
      ] as const) {
        const made = await world.transcode(source, { output_format: format });
        figures.push(atMost(`sample rate of ${format}`, (await decodeSound(await made.file())).rate, 48_000));
      }
      const ladder = await world.transcode(movie, { output_format: 'hls', ladder: [{ height: 64 }] });
      const sound = [...(await ladder.renditions())].find(([folder]) => folder.includes('audio'))![1];
      return [...figures, atMost('sample rate of a ladder', (await decodeSound(sound)).rate, 48_000)];
    },
  }),
);

const manyChannels: AuditCase = {
  name: 'sound/64-channels',
  async run(world) {
    const source = encoded('wav', [
      ...['-f', 'lavfi', '-i', `aevalsrc=${Array(64).fill('0.1*sin(1000*t)').join('|')}:s=48000:d=1`],
      ...['-c:a', 'pcm_s16le'],
    ]);
    const made = await world.transcode(source, { output_format: 'm4a' });
    if (made.status === 'completed') return [atMost('channels', (await decodeSound(await made.file())).channels, 2)];
    return [equals('failure', /unsupported|invalid_media/.test(made.failure) ? 'named' : made.failure, 'named')];
  },
};

export const soundCases: readonly AuditCase[] = [
  ...Object.entries(BEATS).map(
    ([name, { source, isShort }]): AuditCase => ({
      name: `sound/${name}`,
      ...(isShort && { isShort }),
      run: (world) => checkBeats(world, source),
    }),
  ),
  ...loudCases,
  ...rateCases,
  manyChannels,
];
