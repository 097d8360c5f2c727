import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filterHelps, inParallel, specFaults } from '../../../../../test/helpers/ffmpeg-filters.ts';
import { run } from '../../../../../testkit/run.ts';
import { readGraph, serialiseGraph } from '../index.ts';
import type { CheckedGraph, FilterSpec } from '../types.ts';
import { AUDIO_FILTERS } from './audio.ts';

/** Options of FFmpeg that the table leaves out, by filter. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  // An option for a curve with its own syntax, which no known request uses.
  dynaudnorm: ['curve', 'v'],
  // Options of the picture of the curves, which would be a second output of another kind.
  anequalizer: ['curves', 'size', 'mgain', 'fscale', 'colors'],
  // FFmpeg 7.1.5 crashes on large blocks of a short stream.
  crossfeed: ['block_size'],
  // These options write a file.
  firequalizer: ['dumpfile', 'dumpscale'],
  // These options are deprecated or draw a picture of the response.
  afir: ['gtype', 'response', 'channel', 'size', 'rate', 'irload'],
  // The first bytes of a file decide its demuxer, not the caller.
  amovie: ['format_name', 'f', 'streams', 's', 'discontinuity', 'dec_threads', 'format_opts'],
  // These options name files or fonts, or draw the colors of an axis with an expression.
  showcqt: ['fontfile', 'font', 'fontcolor', 'axisfile', 'cscheme'],
};

const NOISE = ['-f', 'lavfi', '-i', 'anoisesrc=d=1:a=0.3:seed=1,aformat=channel_layouts=stereo'];

/** Filter texts in common use. */
const COMMON_FORMS = [
  'volume=2.0',
  'volume=-6dB',
  'volume=0.5:enable=between(t\\,1\\,3)',
  "volume='if(lt(t,2),1,max(1-(t-2)/3,0))':eval=frame",
  'loudnorm',
  'loudnorm=I=-16:LRA=11:TP=-1.5:print_format=json',
  'loudnorm=I=-23:TP=-2:LRA=7:measured_I=-27.2:measured_TP=-10:measured_LRA=5.1:measured_thresh=-37.6:offset=0.4:linear=true',
  'afade=in:st=0:d=3,afade=out:st=27:d=3',
  'afade=t=out:st=5:d=2:curve=exp',
  'atempo=2.0,atempo=2.0',
  'atempo=1/0.9',
  'asetrate=44100*1.25,aresample=44100,atempo=0.8',
  'aresample=async=1000',
  'aresample=async=1:min_hard_comp=0.100000:first_pts=0',
  'aresample=48000:resampler=soxr:precision=28',
  'pan=mono|c0=0.5*c0+0.5*c1',
  'pan=stereo|c0=FL|c1=FR',
  'pan=1c|c0=c0',
  'pan=stereo|FL < FL + 0.5*FC + 0.6*BL + 0.6*SL|FR < FR + 0.5*FC + 0.6*BR + 0.6*SR',
  'pan=5.1|FL=FL|FR=FR|FC=FC|LFE=LFE|BL=BL|BR=BR',
  '[0:a][1:a]amix=inputs=2:duration=first:dropout_transition=2[a]',
  "[0:a][1:a]amix=inputs=2:weights='1 0.3':normalize=0",
  '[0:a]volume=0.3[m];[m][1:a]amix[a]',
  '[0:a][1:a]amerge=inputs=2,pan=stereo|c0<c0+c2|c1<c1+c3[a]',
  '[0:a][1:a]acrossfade=d=2:c1=tri:c2=tri',
  '[1:a]asplit=2[sc][mix];[0:a][sc]sidechaincompress=threshold=0.02:ratio=8:attack=20:release=400[d];[d][mix]amix',
  'adelay=1500|1500',
  'adelay=delays=2s:all=1',
  'aecho=0.8:0.88:60:0.4',
  'silenceremove=start_periods=1:start_silence=0.1:start_threshold=-50dB:stop_periods=-1:stop_duration=1:stop_threshold=-50dB',
  'silencedetect=noise=-30dB:d=0.5',
  'silencedetect=n=-50dB:d=1',
  'highpass=f=200,lowpass=f=3000',
  'equalizer=f=1000:width_type=h:width=200:g=-10',
  'equalizer=f=440:width_type=o:width=2:g=5,bass=g=3,treble=g=-2',
  'compand=attacks=0:points=-80/-169|-54/-80|-49.5/-64.6|-41.1/-41.1|-25.8/-15|-10.8/-4.5|0/0|20/8.3',
  'compand=.3|.3:1|1:-90/-60|-60/-40|-40/-30|-20/-20:6:0:-90:0.2',
  'dynaudnorm=f=150:g=15:p=0.9',
  'afftdn=nf=-25',
  'aloop=loop=-1:size=2e+09',
  'apad=whole_dur=10',
  'apad',
  'atrim=0:10,asetpts=PTS-STARTPTS',
  'atrim=start=5:end=10,asetpts=N/SR/TB',
  'areverse',
  'aformat=sample_fmts=fltp:sample_rates=44100:channel_layouts=stereo',
  'channelsplit=channel_layout=5.1[FL][FR][FC][LFE][BL][BR]',
  'channelsplit=channel_layout=5.1:channels=LFE[lfe]',
  'channelmap=0|1:stereo',
  'join=inputs=2:channel_layout=stereo',
  'anullsrc=r=44100:cl=stereo:d=5',
  'anullsrc=channel_layout=stereo:sample_rate=44100',
  'sine=f=1000:d=5',
  'sine=frequency=220:beep_factor=4:duration=5',
  'aevalsrc=0:d=10',
  'aevalsrc=sin(440*2*PI*t):d=2:s=44100',
  'anoisesrc=d=60:c=pink:r=44100:a=0.5',
  "aeval='val(0)/2|-val(1)':c=same",
  'acompressor=threshold=-20dB:ratio=4:attack=5:release=50:makeup=2',
  'alimiter=limit=0.9:level=disabled',
  'rubberband=pitch=1.2:tempo=1',
  'stereotools=mode=ms>lr',
  'ebur128=peak=true',
  'astats=metadata=1:reset=1',
  'tremolo=5:0.7,vibrato=f=6:d=0.5',
  '[0:a]showwaves=s=1280x720:mode=line:rate=25:colors=white[v]',
  '[0:a]showwavespic=s=640x240:colors=#3498db:split_channels=1',
  '[0:a]showspectrum=s=1280x720:mode=combined:color=intensity:scale=cbrt:slide=scroll[v]',
  '[0:a]avectorscope=s=640x640:zoom=1.5:rc=0:gc=200:bc=0[v]',
  '[0:a]showcqt=s=1920x1080[v]',
  '[0:a]showfreqs=s=1280x720:mode=line:fscale=log',
  '[0:a]ahistogram',
];

/** Texts that must not reach FFmpeg. */
const REJECTED_FORMS = [
  ['ladspa=file=/in/0'],
  ['lv2=plugin=x'],
  ['arnndn=m=/in/0'],
  ['sofalizer=sofa=/in/0'],
  ['asendcmd=f=/in/0'],
  ['ametadata=mode=print:file=/out/x'],
  ['azmq'],
  ['flite=textfile=/in/0'],
  ['arealtime'],
  ['firequalizer=dumpfile=/out/x'],
  ['showcqt=fontfile=/in/0'],
  ['showcqt=axisfile=/in/0'],
  ['volume=/volume=/etc/passwd'],
  ['amovie=/in/0'],
  ['amovie=filename=/etc/passwd'],
  ['amix=inputs=33'],
  ['amix=inputs=1e9'],
  ['asplit=17'],
  ['adelay=86400s'],
  ['dynaudnorm=framelen=8000:gausssize=301'],
  ['pan=stereo|c0=FL|c1=c1'],
  ['aevalsrc=while(1\\,1):d=1'],
  ['volume=print(t)'],
  ['aecho=0.8:0.9:100|180:0.3'],
  ['surround=lfe_low=256'],
  ['showcqt=basefreq=100000'],
  ['afir=ir=7'],
  ['crossfeed=block_size=4096'],
  ['adeclick=threshold=1'],
  ['anlmdn=r=300ms'],
  ['asetrate=1'],
  ['asetrate=1/0'],
  ['afade=t=sideways'],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-audio-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the table of audio filters', () => {
  test('agrees with FFmpeg on every option: names, types, ranges, words, unnamed order, timeline', async () => {
    const faults: string[] = [];
    const helps = await filterHelps(AUDIO_FILTERS.map(({ name }) => name));
    for (const spec of AUDIO_FILTERS) {
      const found = specFaults(spec, helps.get(spec.name)!, LEFT_OUT[spec.name]);
      faults.push(...found.map((fault) => `${spec.name} ${fault}`));
    }
    expect(faults).toEqual([]);
  }, 60_000);

  test('has examples that FFmpeg runs after parsing and serializing', async () => {
    const faults: string[] = [];
    const sound = join(folder, 'sound.wav');
    await run('ffmpeg', ['-nostdin', '-v', 'error', ...NOISE, sound]);
    const examples: Example[] = [];
    for (const spec of AUDIO_FILTERS) {
      const result = readGraph(spec.example);
      if (result.ok) examples.push({ spec, graph: result.graph });
      else
        faults.push(`${spec.name}: ${result.rejections.map(({ subject, reason }) => `${subject} ${reason}`).join()}`);
    }
    const batches = Array.from({ length: Math.ceil(examples.length / BATCH) }, (_, index) =>
      examples.slice(index * BATCH, (index + 1) * BATCH),
    );
    await inParallel(batches, async (batch) => {
      if ((await runExamples(batch, sound)) === null) return;
      // Finds the example at fault.
      for (const one of batch) {
        const fault = await runExamples([one], sound);
        if (fault !== null) faults.push(`${one.spec.name}: ${fault}`);
      }
    });
    for (const { spec, graph } of examples) {
      const text = writeExample(graph, '', sound).text;
      const again = readGraph(text.replaceAll(sound, 'input:0'));
      if (!again.ok) faults.push(`${spec.name}: its serialised text is rejected: ${text}`);
    }
    expect(faults).toEqual([]);
  }, 60_000);

  test('accepts filter texts in common use', () => {
    const rejected = COMMON_FORMS.flatMap((text) => {
      const result = readGraph(text);
      return result.ok ? [] : [`${text}: ${result.rejections[0]!.subject} ${result.rejections[0]!.reason}`];
    });
    expect(rejected).toEqual([]);
  });

  test.each(REJECTED_FORMS)('rejects %s', (text) => {
    expect(readGraph(text).ok).toBe(false);
  });
});

/** Number of examples per process. Starting FFmpeg costs more than processing a quarter of a second of audio. */
const BATCH = 12;

interface Example {
  spec: FilterSpec;
  graph: CheckedGraph;
}

function writeExample(graph: CheckedGraph, prefix: string, sound: string): { text: string; outputs: string[] } {
  const outputs = graph.outputs.map((_, index) => `${prefix}out${index}`);
  const inputs = graph.inputs.map((_, index) => `${index}:a`);
  return { text: serialiseGraph(graph, { asset: () => sound, ...(prefix && { prefix }), inputs, outputs }), outputs };
}

/** Returns FFmpeg's messages about these examples, run together in one process; null = no messages. */
async function runExamples(examples: readonly Example[], sound: string): Promise<string | null> {
  const inputs = Math.max(...examples.map(({ graph }) => graph.inputs.length));
  const args = ['-hide_banner', '-nostdin', '-v', 'error', ...Array.from({ length: inputs }, () => NOISE).flat()];
  for (const [index, { graph }] of examples.entries()) {
    const { text, outputs } = writeExample(graph, `g${index}`, sound);
    args.push('-filter_complex', text);
    args.push(...outputs.flatMap((label) => ['-map', `[${label}]`]), '-t', '1', '-f', 'null', '-');
  }
  return run('ffmpeg', args, { timeout: 30_000 }).then(
    () => null,
    (error) => String(error.stderr),
  );
}
