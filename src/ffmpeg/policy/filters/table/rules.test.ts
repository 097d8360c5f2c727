import { describe, expect, test } from 'vitest';
import { inParallel } from '../../../../../test/helpers/ffmpeg-filters.ts';
import { run } from '../../../../../testkit/run.ts';
import { readGraph } from '../index.ts';

const TAGGED = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,';

/** A wrong text, in which `§` marks the fault, and the corrected text. */
const RULES: readonly [kind: 'v' | 'a', wrong: string, right: string][] = [
  ['v', `${TAGGED}§colorspace=fast=1`, `${TAGGED}colorspace=all=bt709:fast=1`],
  [
    'v',
    `${TAGGED}§colorspace=space=smpte170m`,
    `${TAGGED}colorspace=space=smpte170m:trc=smpte170m:primaries=smpte170m`,
  ],
  ['v', '§colormatrix=src=bt709', 'colormatrix=src=bt709:dst=bt601'],
  ['v', 'colormatrix=bt709:§bt709', 'colormatrix=bt709:bt601'],
  ['v', "convolution=§0m='1 2 3'", "convolution=0m='1 2 3':0mode=row"],
  ['v', "convolution=§0m='1 2':0mode=row", "convolution=0m='1 2 1':0mode=row"],
  ['v', "shuffleframes='§0 2'", "shuffleframes='0 1'"],
  ['v', 'streamselect=inputs=2:§map=2', 'streamselect=inputs=2:map=1'],
  ['v', 'crop=§w=ow:h=2', 'crop=w=oh:h=2'],
  ['v', 'crop=20:§oh/2', 'crop=20:ow/2'],
  ['v', 'crop=§-4:4', 'crop=4:4'],
  ['v', 'pad=§w=ow:h=200', 'pad=w=iw:h=200'],
  ['v', 'scale=§w=ow/2:h=20', 'scale=w=iw/2:h=20'],
  ['v', 'rotate=1:§ow=ow+2:oh=9', 'rotate=1:ow=iw+2:oh=9'],
  ['v', '§v360=e:flat:w=96', 'v360=e:flat:w=96:h=64'],
  ['v', 'format=§yuv420p|gray|yuv420p', 'format=yuv420p|gray'],
  ['v', 'extractplanes=§r+y', 'extractplanes=u+y'],
  ['v', 'negate=§components=y+r', 'negate=components=y+u'],
  ['v', 'geq=lum=1:§r=1', 'geq=lum=1:cb=1'],
  ['v', 'setdar=§-1', 'setdar=0'],
  ['v', 'setsar=§sar=-1/2', 'setsar=sar=1/2'],
  ['v', 'settb=§0', 'settb=1/25'],
  ['a', 'asettb=§expr=-1/5', 'asettb=expr=1/48000'],
  ['a', 'channelmap=§0-FL|1', 'channelmap=0-FL|1-FR'],
  ['a', 'channelmap=§FL|1', 'channelmap=FL|FR'],
  ['a', 'channelmap=0|1|0:§stereo', 'channelmap=0|1|0:2.1'],
  ['a', 'channelmap=§map=FL-FL|FR-FL', 'channelmap=map=FL-FR|FR-FL'],
  ['a', 'aformat=§sample_rates=44100|48000|44100', 'aformat=sample_rates=44100|48000'],
  ['a', 'aformat=sample_fmts=s16:§cl=mono|mono', 'aformat=sample_fmts=s16:cl=mono|stereo'],
  ['a', 'surround=§win_size=1034', 'surround=win_size=6144'],
  ['a', 'astreamselect=inputs=2:§map=2', 'astreamselect=inputs=2:map=1'],
  ['a', 'showcqt=s=320x180:axis=0:§sono_h=5', 'showcqt=s=320x180:axis=0:sono_h=6'],
];

const SOURCES = { v: 'testsrc2=s=128x96:r=10:d=0.3', a: 'anoisesrc=d=0.3,aformat=channel_layouts=stereo' };

/** Whether FFmpeg itself runs the unchanged texts, together in one process. */
async function runs(kind: 'v' | 'a', texts: readonly string[]): Promise<boolean> {
  const input = ['-f', 'lavfi', '-i', SOURCES[kind]];
  const args = ['-nostdin', '-v', 'error', ...input, ...input];
  for (const [index, marked] of texts.entries()) {
    const text = marked.replace('§', '');
    const read = readGraph(text);
    const outputs = read.ok ? read.graph.outputs.length : 1;
    const labels = Array.from({ length: outputs }, (_, output) => `[o${index}_${output}]`);
    const inputs = /^a?streamselect/.test(text) ? '[0][1]' : '[0]';
    args.push('-filter_complex', `${inputs}${text}${labels.join('')}`);
    args.push(...labels.flatMap((label) => ['-map', label]), '-t', '0.3', '-f', 'null', '-');
  }
  return run('ffmpeg', args, { timeout: 30_000, killSignal: 'SIGKILL' }).then(
    () => true,
    () => false,
  );
}

/** Returns the texts that FFmpeg rejects. */
async function rejectedOf(kind: 'v' | 'a', texts: readonly string[]): Promise<string[]> {
  if (texts.length === 0 || (await runs(kind, texts))) return [];
  if (texts.length === 1) return [...texts];
  const half = texts.length >> 1;
  return [...(await rejectedOf(kind, texts.slice(0, half))), ...(await rejectedOf(kind, texts.slice(half)))];
}

describe('a filter text that FFmpeg rejects only when it runs', () => {
  test.each(RULES)(
    'of the kind %s is rejected at its offset, but its correction is accepted: %s, %s',
    (_, wrong, right) => {
      const result = readGraph(wrong.replace('§', ''));
      const [rejection] = result.ok ? [] : result.rejections;
      expect([rejection?.offset, rejection?.suggestion]).toEqual([
        wrong.indexOf('§'),
        expect.stringMatching(/^[A-Z].*\.$/),
      ]);
      expect(readGraph(right)).toMatchObject({ ok: true });
    },
  );

  test('is rejected by FFmpeg, but its correction is not', async () => {
    const faults: string[] = [];
    await inParallel(RULES, async ([kind, wrong]) => {
      if (await runs(kind, [wrong])) faults.push(`FFmpeg takes ${wrong}`);
    });
    for (const kind of ['v', 'a'] as const) {
      const right = RULES.filter(([of]) => of === kind).map(([, , text]) => text);
      faults.push(...(await rejectedOf(kind, right)).map((text) => `FFmpeg rejects ${text}`));
    }
    expect(faults).toEqual([]);
  }, 120_000);
});
