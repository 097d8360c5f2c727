import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readGraph } from '../index.ts';

const run = promisify(execFile);
const TAGGED = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,';

/** What is wrong, where it stands, and how it is right: `§` marks the place in the first text. */
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

/** Whether FFmpeg itself runs a text as it stands. */
async function runs(kind: 'v' | 'a', text: string): Promise<boolean> {
  const read = readGraph(text.replace('§', ''));
  const outputs = read.ok ? read.graph.outputs.length : 1;
  const several = /^a?streamselect/.test(text);
  const input = ['-f', 'lavfi', '-i', SOURCES[kind]];
  const labels = Array.from({ length: outputs }, (_, index) => `[o${index}]`);
  const graph = `${several ? '[0][1]' : '[0]'}${text.replace('§', '')}${labels.join('')}`;
  const args = ['-nostdin', '-v', 'error', ...input, ...(several ? input : []), '-filter_complex', graph];
  args.push(...labels.flatMap((label) => ['-map', label]), '-t', '0.3', '-f', 'null', '-');
  return run('ffmpeg', args, { timeout: 30_000, killSignal: 'SIGKILL' }).then(
    () => true,
    () => false,
  );
}

describe('what FFmpeg refuses only when it runs', () => {
  test.each(RULES)('%s: %s is refused at its place, %s is not', (_, wrong, right) => {
    const result = readGraph(wrong.replace('§', ''));
    const [refusal] = result.ok ? [] : result.refusals;
    expect([refusal?.offset, refusal?.suggestion]).toEqual([wrong.indexOf('§'), expect.stringMatching(/^[A-Z].*\.$/)]);
    expect(readGraph(right)).toMatchObject({ ok: true });
  });

  test('is refused by FFmpeg, and what we take in its place is not', async () => {
    const queue = [...RULES];
    const faults: string[] = [];
    await Promise.all(
      [0, 1, 2].map(async () => {
        for (let rule = queue.shift(); rule; rule = queue.shift()) {
          const [kind, wrong, right] = rule;
          if (await runs(kind, wrong)) faults.push(`FFmpeg takes ${wrong}`);
          if (!(await runs(kind, right))) faults.push(`FFmpeg refuses ${right}`);
        }
      }),
    );
    expect(faults).toEqual([]);
  }, 120_000);
});
