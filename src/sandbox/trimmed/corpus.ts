import { ENCODERS, type Encoder, FORMAT_DEFAULTS } from '../../ffmpeg/policy/encoders/encoders.ts';
import { readGraph, serialiseGraph } from '../../ffmpeg/policy/filters/index.ts';
import { FILTER_TABLE } from '../../ffmpeg/policy/filters/table/index.ts';

/*
 * The runs whose results must be equal with both builds: every encoder in every container, the decoding of every result, and every filter.
 * The functions are pure.
 */

/** A file that a run reads as `/in/<name>`. */
export interface CorpusFile {
  name: string;
  content: Buffer;
}

/** A run of a program. The check compares its standard output and its file `/out/o`. */
export interface CorpusRun {
  name: string;
  program: 'ffmpeg' | 'ffprobe';
  args: readonly string[];
  /** Names of files of the corpus, or of the results of earlier runs. */
  inputs: readonly string[];
  /** Whether the run writes `/out/o`. */
  writes: boolean;
  /** Name under which later runs read the file that the distribution's build wrote. */
  result?: string;
}

const WIDTH = 96;
const HEIGHT = 64;
const FRAMES = 12;
const RATE = 48_000;
const SAMPLES = RATE / 2;

const QUIET = ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-threads', '1', '-filter_threads', '1'];
/** Options that keep versions of libraries and random identifiers out of the output. */
const EXACT = ['-threads', '1', '-bitexact', '-flags', '+bitexact', '-fflags', '+bitexact'];
const HASHES = ['-f', 'framemd5', 'pipe:1'];

export function corpusFiles(): CorpusFile[] {
  return [
    { name: 'video.y4m', content: video() },
    { name: 'sound.wav', content: sound() },
    { name: 'look.cube', content: Buffer.from(LOOK) },
    { name: 'curve.cube', content: Buffer.from('LUT_1D_SIZE 2\n0 0 0\n1 1 1\n') },
    { name: 'text.srt', content: Buffer.from('1\n00:00:00,000 --> 00:00:01,000\nHello\n') },
    { name: 'text.ass', content: Buffer.from(ASS) },
    { name: 'text.svg', content: Buffer.from(SVG) },
  ];
}

/** Returns all runs in order. Later runs read the results of earlier runs. */
export function corpusRuns(): CorpusRun[] {
  const encoded = ENCODERS.flatMap(encoderRuns);
  return [...encoded, ...encoded.flatMap(decoderRuns), ...FILTER_TABLE.flatMap(filterRuns), drawnText()];
}

/** Options of encoders that do not accept every picture, that are slow, or that use several threads by default. */
const ENCODER_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  dnxhd: ['-s', '256x128', '-profile:v', 'dnxhr_sq', '-pix_fmt', 'yuv422p'],
  libsvtav1: ['-preset', '12', '-svtav1-params', 'lp=1'],
  libx265: ['-preset', 'ultrafast', '-x265-params', 'log-level=error:pools=none:frame-threads=1'],
  libvpx: ['-deadline', 'realtime', '-cpu-used', '8'],
  'libvpx-vp9': ['-deadline', 'realtime', '-cpu-used', '8'],
};

function encoderRuns({ name, kind, formats }: Encoder): CorpusRun[] {
  const [input, stream] = kind === 'video' ? ['video.y4m', 'v'] : ['sound.wav', 'a'];
  return formats.map((format) => {
    const { muxer, extension } = FORMAT_DEFAULTS[format];
    const still = muxer === 'image2' ? ['-frames:v', '1', '-update', '1'] : [];
    const codec = ['-map', `0:${stream}`, `-c:${stream}`, name, ...(ENCODER_OPTIONS[name] ?? [])];
    return {
      name: `encoder ${name} in ${format}`,
      program: 'ffmpeg',
      args: [...QUIET, '-i', `/in/${input}`, ...codec, ...still, ...EXACT, '-f', muxer, '/out/o'],
      inputs: [input],
      writes: true,
      result: `${name}.${extension}`,
    };
  });
}

/** Returns the runs that decode and describe the result of a run. */
function decoderRuns({ result }: CorpusRun): CorpusRun[] {
  const input = `/in/${result}`;
  const shown = ['-hide_banner', '-v', 'error', '-show_streams', '-show_packets', '-of', 'json', input];
  return [
    {
      name: `decoding ${result}`,
      program: 'ffmpeg',
      args: [...QUIET, '-i', input, '-map', '0', ...EXACT, ...HASHES],
      inputs: [result!],
      writes: false,
    },
    { name: `description of ${result}`, program: 'ffprobe', args: shown, inputs: [result!], writes: false },
  ];
}

/** Filters that Airlock never passes to FFmpeg, because it turns their files into inputs. */
const REPLACED: ReadonlySet<string> = new Set(['movie', 'amovie']);

/** Returns the run of a filter's example, or no run if the example cannot be run. */
function filterRuns({ name, example }: (typeof FILTER_TABLE)[number]): CorpusRun[] {
  const read = REPLACED.has(name) ? null : readGraph(example);
  if (!read?.ok) return [];
  const { graph } = read;
  const outputs = graph.outputs.map((_, index) => `o${index}`);
  const used = new Set(['video.y4m', 'sound.wav']);
  const text = serialiseGraph(graph, {
    asset(index) {
      const file = fileOf(graph.assets[index]!.source);
      used.add(file);
      return `/in/${file}`;
    },
    inputs: graph.inputs.map(({ kind }) => (kind === 'v' ? '0:v' : '1:a')),
    outputs,
  });
  const maps = outputs.flatMap((label) => ['-map', `[${label}]`]);
  const inputs = ['-i', '/in/video.y4m', '-i', '/in/sound.wav'];
  return [
    {
      name: `filter ${name}`,
      program: 'ffmpeg',
      args: [...QUIET, ...inputs, '-filter_complex', text, ...maps, '-t', '0.4', ...EXACT, ...HASHES],
      inputs: [...used],
      writes: false,
    },
  ];
}

function fileOf(source: string): string {
  const known = ['look.cube', 'curve.cube', 'text.srt', 'text.ass'];
  return known.find((name) => source.endsWith(`/${name}`)) ?? (/\.ass$/.test(source) ? 'text.ass' : 'text.srt');
}

/** Returns a run that overlays a picture in SVG, as Airlock draws text. */
function drawnText(): CorpusRun {
  const graph = '[1:v][0:v]scale2ref[o][b];[b][o]overlay,format=yuv420p[v]';
  const inputs = ['-i', '/in/video.y4m', '-f', 'svg_pipe', '-i', '/in/text.svg'];
  return {
    name: 'text drawn over video',
    program: 'ffmpeg',
    args: [...QUIET, ...inputs, '-filter_complex', graph, '-map', '[v]', ...EXACT, ...HASHES],
    inputs: ['video.y4m', 'text.svg'],
    writes: false,
  };
}

/** Returns a generator of pseudo-random bytes with a fixed seed (the linear congruential generator of Numerical Recipes). */
function noise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
}

/** Returns a moving gradient with noise, in YUV4MPEG2. */
function video(): Buffer {
  const random = noise();
  const frames = Array.from({ length: FRAMES }, (_, frame) => {
    const luma = Buffer.alloc(WIDTH * HEIGHT);
    for (let at = 0; at < luma.length; at++) {
      luma[at] = 32 + (((at % WIDTH) * 2 + Math.floor(at / WIDTH) + frame * 5 + random() / 16) % 192);
    }
    const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, 96 + frame * 4);
    return Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  });
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F25:1 Ip A1:1 C420jpeg\n`), ...frames]);
}

/** Returns a tone with noise in two channels, as WAV of 16 bits. */
function sound(): Buffer {
  const random = noise();
  const data = Buffer.alloc(SAMPLES * 4);
  for (let at = 0; at < SAMPLES; at++) {
    const tone = Math.round(9000 * Math.sin((2 * Math.PI * 440 * at) / RATE));
    data.writeInt16LE(tone + random(), at * 4);
    data.writeInt16LE(random() * 20 - tone, at * 4 + 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  // The fields are the format (PCM), two channels, samples and bytes per second, bytes per frame, and bits per sample.
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 4, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const LOOK = `LUT_3D_SIZE 2\n${['0 0 0', '1 0 0', '0 1 0', '1 1 0', '0 0 1', '1 0 1', '0 1 1', '1 1 1'].join('\n')}\n`;

const ASS = [
  '[Script Info]',
  'ScriptType: v4.00+',
  '[V4+ Styles]',
  'Format: Name, Fontname, Fontsize',
  'Style: Default,DejaVu Sans,20',
  '[Events]',
  'Format: Layer, Start, End, Style, Text',
  'Dialogue: 0,0:00:00.00,0:00:01.00,Default,Hello',
  '',
].join('\n');

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><path d="M8 8h60v20q-20 30-60 0z" fill="#f80" fill-opacity="0.7"/></svg>';
