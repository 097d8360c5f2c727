import { ffprobe } from '../../media.ts';
import { type AuditCase, atMost, between, equals, type Figure } from '../audit-case.ts';
import { beatOffset, beepTimes, decodeSound, flashTimes, loudness, pairBeats, peaks } from '../checks/sound.ts';
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
  'gap-in-mkv': { source: flashesAndBeeps('mkv', [...X264, '-c:a', 'aac', ...GAP]) },
  'gap-in-mp4': { source: flashesAndBeeps('mp4', [...X264, '-c:a', 'aac', ...GAP]) },
  'gap-in-webm': { source: flashesAndBeeps('webm', [...VP8, '-c:a', 'libopus', ...OPUS_GAP]) },
  'gap-in-ts': {
    isShort: true,
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

const isVideo = (format: string) => (VIDEO_FORMATS as readonly string[]).includes(format);

/** ADTS cannot state the delay of an encoder, which is 21 ms for AAC. */
const AAC_DELAY_MS = 22;

interface Beats {
  flashes: number[];
  pairs: number[];
}

/** Makes every format, with one job each or with two jobs that share a decode, and finds the beeps of each output. */
async function checkBeats(world: World, source: Source, isAlone: boolean): Promise<Figure[]> {
  const path = await makeSource(source);
  const [flashes, beeps] = [await flashTimes(path), await beepTimes(path)];
  const pairs = pairBeats(flashes, beeps);
  // A transport stream starts at 1.4 seconds, and outputs start at zero.
  const start = await startOf(path);
  const beats = { flashes: flashes.map((time) => time - start), pairs };
  const figures = [atMost('offset in the source in ms', beatOffset(flashes, beeps, pairs), OFFSET_MS)];
  const groups = isAlone ? [...SOUND_FORMATS, ...VIDEO_FORMATS].map((one) => [one]) : [SOUND_FORMATS, VIDEO_FORMATS];
  for (const formats of groups) {
    const outputs = formats.map((format) => ({ output_format: format, name: format }));
    const made = await world.transcode(source, isAlone ? { output_format: formats[0] } : { outputs });
    if (made.status !== 'completed') {
      figures.push(equals(formats.join(), made.failure.slice(0, 300), 'completed'));
      continue;
    }
    for (const format of formats) {
      const output = await made.file(isAlone ? {} : { output: format });
      figures.push(...(await checkOutput(output, format, beats)));
    }
  }
  return [...figures, ...(await checkLadder(world, source, beats))];
}

async function checkOutput(path: string, format: string, { flashes, pairs }: Beats): Promise<Figure[]> {
  const found = await beepTimes(path, !isVideo(format));
  const offset = beatOffset(isVideo(format) ? await flashTimes(path) : flashes, found, pairs);
  const limit = format === 'aac' ? AAC_DELAY_MS : OFFSET_MS;
  return [
    atMost(`beep against flash in ${format} in ms`, offset, limit),
    equals(`beeps of ${format}`, found.length, pairs.length),
  ];
}

async function checkLadder(world: World, source: Source, { pairs }: Beats): Promise<Figure[]> {
  const made = await world.transcode(source, { output_format: 'cmaf', ladder: [{ height: 90 }] });
  if (made.status !== 'completed') return [equals('ladder', made.failure.slice(0, 300), 'completed')];
  const renditions = [...(await made.renditions())];
  const sound = renditions.find(([folder]) => folder.includes('audio'))![1];
  const video = renditions.find(([folder]) => !folder.includes('audio'))![1];
  const beeps = await beepTimes(sound);
  return [
    atMost('beep against flash in a ladder in ms', beatOffset(await flashTimes(video), beeps, pairs), OFFSET_MS),
    equals('beeps of a ladder', beeps.length, pairs.length),
  ];
}

async function startOf(path: string): Promise<number> {
  return Number((await ffprobe(path)).format.start_time ?? 0);
}

/** A film whose sound has six channels without loss. `expressions` are FFmpeg's, for each channel. */
const surround = (expressions: readonly string[]) =>
  encoded('mkv', [
    ...['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=4'],
    ...['-f', 'lavfi', '-i', `aevalsrc='${expressions.join('|')}':c=5.1:s=48000:d=4`],
    ...[...X264, '-c:a', 'flac', '-sample_fmt', 's16'],
  ]);

const alike = (expression: string) => surround(Array(6).fill(expression));

/** Six channels of the same tone at full scale, which a downmix without a limiter adds up. */
const LOUD = alike('0.98*sin(2*PI*220*t)');

const BURST = 'lt(mod(t,0.5),0.1)*0.98';

/** Bursts of a chord at full scale in every channel. */
const CHORDS = alike(`${BURST}*(sin(690*t)+sin(1740*t)+sin(4140*t)+sin(9300*t)+sin(22100*t))/5`);

/** Bursts of white noise in every channel. Lossy encoders raise its peaks most. */
const NOISE = alike(`${BURST}*(2*random(0)-1)`);

/** Drums with noise, different in every channel. */
const DRUMS = surround(
  Array.from({ length: 6 }, (_, channel) => {
    const hit = 'exp(-18*mod(t,0.5))';
    return `0.98*${hit}*(0.6*sin(2*PI*60*mod(t,0.5))+0.4*(2*random(${channel})-1))`;
  }),
);

/** A quiet voice in the center, and after two seconds `after` times full scale in all channels. */
const dialogue = (after: number) => {
  const side = `${after}*gte(t,2)*sin(2*PI*220*t)`;
  return surround([side, side, `0.1*lt(t,2)*sin(2*PI*440*t)+${side}`, side, side, side]);
};

const PEAK = -0.1;

async function checkPeaks(world: World, source: Source): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const format of ['mp3', 'm4a', 'aac', 'opus', 'ogg', 'webm', 'mp4']) {
    const options = format === 'mp4' || format === 'webm' ? { preset: { quality: 'high' } } : {};
    const made = await world.transcode(source, { output_format: format, ...options });
    if (made.status !== 'completed') {
      figures.push(equals(format, made.failure.slice(0, 300), 'completed'));
      continue;
    }
    const sound = await decodeSound(await made.file());
    figures.push(equals(`channels of ${format}`, sound.channels, 2));
    figures.push(atMost(`peak of ${format} in dBFS`, peaks(sound).sample, PEAK));
  }
  return figures;
}

const loudCases: readonly AuditCase[] = [
  { name: 'sound/loud-surround', isShort: true, run: (world) => checkPeaks(world, LOUD) },
  { name: 'sound/loud-chords-in-surround', run: (world) => checkPeaks(world, CHORDS) },
  { name: 'sound/loud-drums-in-surround', run: (world) => checkPeaks(world, DRUMS) },
  { name: 'sound/loud-noise-in-surround', run: (world) => checkPeaks(world, NOISE) },
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
      run: (world) => checkBeats(world, source, name === 'gap-in-mkv'),
    }),
  ),
  ...loudCases,
  ...rateCases,
  manyChannels,
];
