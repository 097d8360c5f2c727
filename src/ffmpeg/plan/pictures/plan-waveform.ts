import { JobFailure } from '../../../contract/failures.ts';
import type { TranscodeRequest, WaveformRequest } from '../../../contract/transcode-request.ts';
import { OptionSet } from '../../policy/options/option-set.ts';
import type { PlanInput } from '../../types.ts';
import { ExtraInputs } from '../extra-inputs.ts';
import type { Size } from '../geometry.ts';
import { ownName } from '../own-name.ts';
import { outputTail, plannedOutput } from '../plan-args.ts';
import type { OutputContext, Producer } from '../producer.ts';
import { MAX_OUTPUT_SECONDS } from '../resources.ts';
import { mainAudio } from '../streams.ts';

const THREADS = 1;
const DEFAULT_COLOR = '#3366cc';
/** Maximum samples per second: enough to draw the loudness of speech and music. */
const MOST_RATE = 8000;
/** Maximum samples of a waveform: `showwavespic` keeps all samples in memory, two bytes each. */
const MOST_SAMPLES = 16e6;
/** Samples per frame. Large frames save memory, because each frame needs an additional kilobyte. */
const FRAME_SAMPLES = 8192;
const BYTES_PER_SAMPLE = 4;
/** Factor by which the drawing is larger than the picture, in both directions, so that its edges become smooth. */
const OVERSAMPLING = 2;
/** Maximum pixels of the larger drawing. A picture that would exceed it has smooth edges without it. */
const MOST_PIXELS = 16e6;
const BYTES_PER_PIXEL = 4;

/** Plans a drawing of the loudness of the audio, on a transparent background. Throws `JobFailure` if the input has no audio. */
export function planWaveform(
  request: TranscodeRequest & { waveform: WaveformRequest },
  input: PlanInput,
  ctx: OutputContext,
): Producer {
  const { outputFormat: format, waveform } = request;
  const { position } = ctx;
  const stream = mainAudio(input.info);
  if (!stream) throw new JobFailure('no_audio_stream', 'The input has no audio, and a waveform needs it.');
  const { width, height, color = DEFAULT_COLOR } = waveform;
  const label = ownName('waveform', position);
  const seconds = stream.durationSeconds ?? input.info.durationSeconds ?? MAX_OUTPUT_SECONDS;
  const isSmooth = canOversample({ width, height }, seconds);
  const filters = [
    ...samples(seconds),
    `asetnsamples=n=${FRAME_SAMPLES}:p=0`,
    ...drawing({ width, height, color }, isSmooth),
  ];
  return {
    inputs: [{ input, options: new OptionSet([]), seek: null, loopStill: false, video: null }],
    extra: new ExtraInputs(1),
    threads: THREADS,
    args: [
      ...['-filter_complex', `[0:${stream.index}]${filters.join(',')}[${label}]`],
      ...['-map', `[${label}]`, '-c:v', 'png', '-frames:v', '1', '-update', '1'],
      ...outputTail({ format, position, seconds: null, threads: THREADS }),
    ],
    output: plannedOutput(
      { format, position },
      {
        streams: { video: { mode: 'encoded', reason: null }, audio: null },
        ...{ hasVideo: true, hasAudio: false, size: { width, height } },
      },
    ),
    durationSeconds: null,
    works: [
      {
        decoded: [],
        encoded: { encoder: 'png', preset: null, width, height, frameRate: 1, bitDepth: 8 },
        ...{
          filterBytes: 2 * BYTES_PER_SAMPLE * MOST_SAMPLES + (isSmooth ? drawnBytes({ width, height }) : 0),
          durationSeconds: null,
          still: true,
          decodeSeconds: seconds,
        },
      },
    ],
    source: 'preset',
    layers: [],
    warnings: [],
  };
}

/**
 * Returns filters that draw the samples larger than the picture, and scale the drawing down. Scaling mixes the color with the black of
 * transparent pixels, so the last filter sets the color again.
 */
function drawing({ width, height, color }: Required<WaveformRequest>, isSmooth: boolean): string[] {
  const factor = isSmooth ? OVERSAMPLING : 1;
  const size = `${factor * width}x${factor * height}`;
  const drawn = `showwavespic=s=${size}:colors=${color.replace('#', '0x')}:scale=sqrt:filter=peak:draw=full:split_channels=0`;
  if (!isSmooth) return [drawn, 'format=rgba'];
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return [drawn, 'format=rgba', `scale=w=${width}:h=${height}:flags=area`, `lutrgb=r=${red}:g=${green}:b=${blue}`];
}

/** Whether the drawing may be larger than the picture. With fewer samples than columns, the drawing would end early. */
function canOversample(size: Size, seconds: number): boolean {
  const isSmall = drawnBytes(size) <= BYTES_PER_PIXEL * MOST_PIXELS;
  return isSmall && OVERSAMPLING * size.width <= seconds * sampleRate(seconds);
}

function drawnBytes({ width, height }: Size): number {
  return BYTES_PER_PIXEL * OVERSAMPLING ** 2 * width * height;
}

/** Returns the samples per second that are drawn. */
function sampleRate(seconds: number): number {
  return Math.min(MOST_RATE, Math.floor(MOST_SAMPLES / Math.max(1, seconds)));
}

/** Returns filters for one channel at a low rate. Long inputs are drawn by their envelope, because resampling alone drops high tones. */
function samples(seconds: number): string[] {
  const mono = [`aformat=channel_layouts=mono`, `aresample=${MOST_RATE}`];
  const rate = sampleRate(seconds);
  return rate === MOST_RATE ? mono : [...mono, 'aeval=abs(val(0)):c=same', `aresample=${rate}`];
}
