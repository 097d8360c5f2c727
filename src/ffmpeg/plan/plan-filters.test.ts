import { describe, expect, it } from 'vitest';
import { fileOf } from '../../../testkit/planned-file.ts';
import type { OptionRequest, TranscodeRequest } from '../../contract/transcode-request.ts';
import { checkOptions, parseRequest } from '../policy/options/parse-request.ts';
import type { MediaInfo, PlanAsset, PlanInput } from '../types.ts';
import { assumedInfo } from './assumed-media.ts';
import { planTranscode } from './plan.ts';
import { previewJob } from './preview.ts';
import { estimateResourceClass } from './resource-class.ts';

const VIDEO = assumedInfo('mov');
const SOUND = assumedInfo('mp3');
const PICTURE = assumedInfo('png_pipe');
const SUBTITLES = assumedInfo('srt');

const option = (name: string, argument?: string | number): OptionRequest => ({ option: name, argument });
const graph = (...filters: string[]) => filters.map((filter) => ({ filter }));

type Known = MediaInfo & Pick<PlanInput, 'countedSeconds'>;

function plan(more: Partial<TranscodeRequest>, infos: Known[] = [VIDEO], assets: (PlanAsset | null)[] = []) {
  const request: TranscodeRequest = {
    inputs: infos.map((_, index) => ({ url: `gs://b/${index}` })),
    outputFormat: 'mp4',
    ...more,
  };
  const inputs = infos.map(
    ({ countedSeconds, ...info }, index): PlanInput => ({
      path: `/in/${index}`,
      demuxer: info.demuxer,
      info,
      ...(countedSeconds !== undefined && { countedSeconds }),
    }),
  );
  return planTranscode(request, inputs, { resourceClass: 'heavy', cores: 2, assets });
}
const argumentsOf = (args: string[], flag: string) =>
  args.flatMap((arg, index) => (args[index - 1] === flag ? [arg] : []));
const complex = (args: string[]) => argumentsOf(args, '-filter_complex')[0];

describe('a plain filter', () => {
  it('is joined with repeated and generated filters by commas', () => {
    const { args } = plan({ options: [option('-vf', 'hflip'), option('-vf', 'scale=640:-1')] });
    expect(argumentsOf(args, '-filter:v:0')).toEqual(['hflip,scale=w=640:h=-1,format=yuv420p']);
  });

  it('is followed by a crop to even sides only if the sides may be odd', () => {
    const chain = (filter: string) => argumentsOf(plan({ options: [option('-vf', filter)] }).args, '-filter:v:0')[0];
    expect(chain('scale=640:-1')).not.toContain('crop');
    expect(chain('scale=641:-1')).toContain('crop=w=trunc(iw/2)*2');
    expect(chain('rotate=PI/7:ow=rotw(PI/7)')).toContain('crop=w=trunc(iw/2)*2');
  });

  it('with labels keeps its labels distinct from generated labels', () => {
    const { args } = plan({
      options: [option('-vf', '[in]split[a][b];[a]negate[c];[c][b]hstack[out]'), option('-vf', 'hflip')],
    });
    const text = argumentsOf(args, '-filter:v:0')[0]!;
    expect(text).toMatch(
      /^\[in\]split\[g0a\]\[g0b\];\[g0a\]negate\[g0c\];\[g0c\]\[g0b\]hstack\[j\d\];\[j\d\]hflip,format=yuv420p$/,
    );
  });

  it('allows a seek before the input only if it does not read the time', () => {
    const seeks = (filter: string) => {
      const { args } = plan({ options: [option('-ss', 5), option('-vf', filter)] });
      return args.indexOf('-ss') < args.indexOf('-i');
    };
    expect(seeks('scale=640:-2')).toBe(true);
    expect(seeks('fade=in:st=5:d=1')).toBe(false);
    expect(seeks("crop=w=iw/2:h=ih:x='10*t'")).toBe(false);
    expect(seeks("hflip=enable='gte(t,6)'")).toBe(false);
  });

  it('is ignored with a warning if the output has no stream of its kind', () => {
    const { args, warnings } = plan({ outputFormat: 'mp3', options: [option('-vf', 'hflip')] });
    expect(args.join(' ')).not.toContain('hflip');
    expect(warnings).toContainEqual({ field: 'options[0]', message: expect.stringContaining('ignored') });
  });
});

describe('a graph', () => {
  it('reads the streams that its labels name, and the next free streams for inputs without labels', () => {
    const { args } = plan({ filters: graph('[1:v]hflip[x];[0:a]volume=2[a]', '[x]vflip') }, [VIDEO, VIDEO]);
    expect(complex(args)).toContain('[1:0]hflip');
    const free = complex(plan({ filters: graph('hstack') }, [SOUND, VIDEO, VIDEO]).args);
    expect(free).toContain('[1:0][2:0]hstack');
    const mixed = complex(plan({ filters: graph('[0:v]hflip[x]', '[x]overlay') }, [VIDEO, VIDEO]).args);
    expect(mixed).toContain('[1:0]overlay');
  });

  it('keeps the matrix of a video under a picture, whichever of them it reads first', () => {
    for (const filters of [graph('[0:v][1:v]overlay'), graph('[1:v]format=rgba[p]', '[0:v][p]overlay')]) {
      const chain = complex(plan({ filters }, [VIDEO, PICTURE]).args);
      expect(chain).toContain('scale=out_color_matrix=bt709:out_range=tv');
      expect(chain).not.toContain('gbrp');
    }
  });

  it('fails with a code if no input has a stream that it reads', () => {
    const code = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'none';
    };
    expect(code(() => plan({ filters: graph('[0:v]hflip') }, [SOUND]))).toBe('no_video_stream');
    expect(code(() => plan({ filters: graph('[0:a:1]volume=2') }))).toBe('no_audio_stream');
    expect(code(() => plan({ filters: graph('hstack') }))).toBe('no_video_stream');
  });

  it('is mapped with all of its open outputs, and with the audio of the input if the graph outputs no audio', () => {
    const { args } = plan({ filters: graph('[0:v]split[a][b]') });
    expect(argumentsOf(args, '-map')).toEqual(['[s0]', '[s1]', '0:1']);
    expect(argumentsOf(plan({ outputFormat: 'mp3', filters: graph('[0:a]volume=2') }).args, '-map')).toEqual(['[o0]']);
    const drawn = plan({ outputFormat: 'gif', filters: graph('[0:a]showwaves=s=320x120[v];[0:a]volume=1[a]') }, [
      VIDEO,
    ]);
    expect(complex(drawn.args)).not.toContain('volume');
    expect(drawn.warnings.map(({ message }) => message).join()).toContain('[a]');
  });

  it('is reduced to the parts that lead to an output, and reads no files or streams for the other parts', () => {
    const only = (filter: string, more: Partial<TranscodeRequest> = {}) => plan({ filters: graph(filter), ...more });
    const dead = only(
      '[0:v]split[a][b];[a]hflip[v];[b]loop=loop=-1:size=9,scale=64:64[c];[c]nullsink;color[x];[x]nullsink',
    );
    expect(complex(dead.args)).toMatch(/^\[0:0\]split\[g0a\](\[g0z\d\]);\[g0a\]hflip\[o0\];\1nullsink(;|$)/);
    const chained = only('[0:v]split=3[v],hstack,nullsink');
    expect(complex(chained.args)).toMatch(
      /^\[0:0\]split=outputs=3\[o0\](\[g0z\d\])(\[g0z\d\]);\1nullsink;\2nullsink(;|$)/,
    );
    const mapped = only('[0:v]hflip[a];movie=https://x.org/b.mp4:loop=0[b]', {
      options: [option('-map', '[a]')],
    });
    expect(mapped.args.filter((arg) => arg === '-i')).toHaveLength(1);
    const none = only('[0:a]anullsink;color,nullsink');
    expect([none.args.includes('-filter_complex'), argumentsOf(none.args, '-map')]).toEqual([false, ['0:0', '0:1']]);
    expect(none.warnings.map(({ message }) => message).join()).toContain('sinks');
    const simple = plan({ options: [option('-vf', 'split[a][b];[b]tpad=stop=-1,nullsink;[a]hflip')] });
    expect(simple.args.join(' ')).not.toContain('tpad');
  });

  it('is mapped by the caller’s -map, and its other outputs are discarded', () => {
    const { args, outputs } = plan({
      filters: graph('[0:v]split[a][b]'),
      options: [option('-map', '[b]'), option('-map', '0:a')],
    });
    expect(argumentsOf(args, '-map')).toEqual(['[s0]', '0:1']);
    expect(complex(args)).toMatch(/split(\[g0z\d\])\[o1\];\1nullsink/);
    expect(fileOf(outputs[0]).expect).toMatchObject({ hasVideo: null, hasAudio: null });
  });

  it('is rejected before any probe if its outputs do not fit the format or are copied', () => {
    const reasons = (more: Partial<TranscodeRequest>) =>
      checkOptions({ inputs: [{ url: 'gs://b/0' }], outputFormat: 'mp4', ...more })
        .map(({ reason }) => reason)
        .join();
    expect(reasons({ outputFormat: 'gif', filters: graph('split') })).toContain('2 video outputs');
    expect(reasons({ outputFormat: 'mp3', filters: graph('hflip') })).toContain('no audio output');
    expect(reasons({ filters: graph('hflip'), options: [option('-c', 'copy')] })).toContain('copied');
    expect(reasons({ filters: graph('volume=2'), options: [option('-c:v', 'copy')] })).toBe('');
  });

  it('for a GIF keeps the palette that it generates, and gets the default palette if it generates none', () => {
    const own = plan({ outputFormat: 'gif', filters: graph('split[a][b];[a]palettegen[p];[b][p]paletteuse') });
    expect(complex(own.args)!.match(/palettegen/g)).toHaveLength(1);
    const ours = plan({ outputFormat: 'gif', filters: graph('fps=8,scale=100:-1') });
    expect(complex(ours.args)).toMatch(/fps=(fps=)?8.*palettegen/);
    expect(complex(ours.args)).not.toContain('fps=15');
  });

  it('ends with a scale to the preset’s short side', () => {
    const { args } = plan({ preset: { resolution: '480p' }, filters: graph('[0:v]crop=ih:ih[v]') });
    expect(complex(args)).toContain("scale=w='if(gte(iw,ih),-2,trunc(min(iw,480)/2)*2)'");
    const small = plan({ preset: { resolution: '480p' }, filters: graph('[0:v]scale=320:240[v]') });
    expect(complex(small.args)).not.toContain('min(');
  });
});

describe('files that filters name', () => {
  const logo: PlanAsset = { kind: 'media', path: '/in/asset-0.png', demuxer: 'png_pipe', info: PICTURE };

  it('become inputs after the job’s own inputs, each with a single allowed demuxer', () => {
    const filters = graph("movie='https\\://x.example/l.png':loop=0[l];[0:v][l]overlay");
    const { args } = plan({ filters }, [VIDEO, VIDEO], [logo]);
    const at = args.indexOf('/in/asset-0.png');
    expect(args.slice(at - 13, at - 8)).toEqual(['-f', 'png_pipe', '-protocol_whitelist', 'file', '-format_whitelist']);
    expect(args.slice(0, at).lastIndexOf('-loop')).toBeGreaterThan(args.indexOf('/in/1'));
    expect(complex(args)).toMatch(/\[2:0\]null\[\w+\];\[0:0\]\[\w+\]overlay/);
    expect(complex(args)).not.toContain('movie');
  });

  it('turn a plain filter into a complex filter', () => {
    const vf = 'movie=https\\\\://x.example/l.png[l];[in][l]overlay[out]';
    const { args } = plan({ options: [option('-vf', vf)] }, [VIDEO], [logo]);
    expect(complex(args)).toContain('[0:0]');
    expect(args).not.toContain('-filter:v:0');
    expect(argumentsOf(args, '-map')).toEqual(['[s0]', '0:1']);
  });

  it('do not change the numbers of the inputs if an input is a subtitle file', () => {
    const { args } = plan({ filters: graph('[2:v]subtitles=input\\:1') }, [VIDEO, SUBTITLES, VIDEO]);
    expect(complex(args)).toContain('[2:0]subtitles=filename=/in/1');
    expect(argumentsOf(args, '-i')).toEqual(['/in/0', '/in/1', '/in/2']);
    expect(() => plan({ options: [option('-vf', 'hflip')] }, [VIDEO, SUBTITLES])).toThrowError(
      expect.objectContaining({ code: 'unsupported_media', message: expect.stringContaining('subtitles=input:1') }),
    );
  });
});

describe('an endless stream', () => {
  const tail = (args: string[]) => argumentsOf(args, '-t').at(-1);

  it('of a source gets the length of the longest input', () => {
    const { args } = plan({ filters: graph('color=black:s=640x480[b];[b][0:v]overlay;anullsrc') });
    expect(complex(args)).toMatch(/color=[^;]*duration=60/);
    expect(complex(args)).toMatch(/anullsrc=[^;]*duration=60/);
    const trimmed = plan({ filters: graph('color=black[b];[b][0:v]overlay'), options: [option('-t', 5)] });
    expect(complex(trimmed.args)).toMatch(/duration=5[[:,]/);
  });

  it('of a loop ends with the longest input, with a warning', () => {
    const { args, warnings, durationSeconds } = plan({ options: [option('-vf', 'loop=loop=-1:size=30')] });
    expect(tail(args)).toBe('60');
    expect(durationSeconds).toBe(60);
    expect(warnings.map(({ message }) => message).join()).toContain('-t');
    expect(tail(plan({ options: [option('-vf', 'loop=loop=-1:size=30'), option('-t', 9)] }).args)).toBe('9');
  });

  it('ends when another stream ends if -shortest is set', () => {
    const inputs = [{ url: 'a', options: [option('-loop', 1)] }, { url: 'b' }];
    const shown = (sound: Known) =>
      plan({ inputs, filters: graph('[0:v]scale=640:-2'), options: [option('-shortest')] }, [PICTURE, sound]);
    const { args, warnings, durationSeconds } = shown({ ...SOUND, demuxer: 'mov' });
    expect([durationSeconds, warnings]).toEqual([60, []]);
    expect(tail(args)).toBe('60');
    // The duration of an MP3 may be an estimate, so it must not cut the file.
    expect(tail(shown(SOUND).args)).toBe('43200');
    // A duration that is counted frame by frame is exact, with or without an encoder's padding. If the counted duration is twice the
    // declared duration, neither cuts the file.
    expect(tail(shown({ ...SOUND, countedSeconds: 60.05 }).args)).toBe('60.05');
    expect(tail(shown({ ...SOUND, countedSeconds: 59.95 }).args)).toBe('60');
    expect(tail(shown({ ...SOUND, countedSeconds: 120 }).args)).toBe('43200');
  });

  it('is cut before a filter that waits for the end of its input, such as a palette', () => {
    const inputs = [{ url: 'a', options: [option('-loop', 1)] }];
    const end = [option('-t', 3)];
    const ours = plan({ inputs, outputFormat: 'gif', options: [...end, option('-vf', 'scale=80:-1')] }, [PICTURE]);
    expect(argumentsOf(ours.args, '-filter:v:0')[0]).toContain('trim=duration=3,palettegen');
    const own = 'split[a][b];[a]palettegen[p];[b][p]paletteuse';
    const { args } = plan({ inputs, outputFormat: 'gif', options: [...end, option('-vf', own)] }, [PICTURE]);
    expect(args.slice(0, args.indexOf('-i')).join(' ')).toContain('-t 3 -loop 1');
  });

  it('fails if nothing sets its length', () => {
    const inputs = [{ url: 'a', options: [option('-loop', 1)] }];
    expect(() => plan({ inputs, filters: graph('hflip'), options: [option('-shortest')] }, [PICTURE])).toThrowError(
      expect.objectContaining({ code: 'empty_media' }),
    );
  });
});

describe('the expected duration', () => {
  it.each([
    ['setpts=0.5*PTS', 30],
    ['setpts=(PTS-STARTPTS)*2', 120],
    ['trim=start=10:end=25,setpts=PTS-STARTPTS', 15],
    ['tpad=stop_duration=5', 65],
    ['setpts=N/25/TB', null],
  ])('after %s is %s seconds (null = unknown)', (filter, seconds) => {
    expect(plan({ options: [option('-vf', filter), option('-an')] }).durationSeconds).toBe(seconds);
  });

  it('adds the parts of a concat and subtracts the overlap of a crossfade', () => {
    const joined = plan({ filters: graph('[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1') }, [VIDEO, VIDEO]);
    expect(joined.durationSeconds).toBe(120);
    const faded = plan({ filters: graph('[0:v][1:v]xfade=duration=1:offset=59;[0:a][1:a]acrossfade=d=1') }, [
      VIDEO,
      VIDEO,
    ]);
    expect(faded.durationSeconds).toBe(119);
  });
});

describe('the resources of filters', () => {
  it('grow with the memory and CPU that the filters need', () => {
    const light = plan({ options: [option('-vf', 'hflip')] });
    const costly = plan({ options: [option('-vf', 'minterpolate=fps=60')] });
    expect(costly.wallMs).toBeGreaterThan(3 * light.wallMs);
    expect(plan({ options: [option('-vf', 'reverse')] }).memoryBytes).toBeGreaterThan(2 * light.memoryBytes);
    const hour: MediaInfo = { ...SOUND, durationSeconds: 3600 };
    const sound = (filter: string) =>
      plan({ outputFormat: 'mp3', options: [option('-af', filter)] }, [hour]).memoryBytes;
    expect(sound('areverse') - sound('volume=2')).toBeGreaterThan(3000 * 48_000 * 8);
  });

  it.each([
    ['scale=-2:480', [VIDEO], 'light'],
    ['scale=-2:480', [null], 'light'],
    ['scale=640:360', [null], 'light'],
    ['scale=1280:720', [VIDEO], 'heavy'],
    ['hflip', [null], 'heavy'],
    ['scale=640:360,minterpolate=fps=60', [VIDEO], 'heavy'],
  ] as const)('determine the resource class of a job with %s', (filter, infos, resourceClass) => {
    const inputs = [{ url: 'gs://b/0' }];
    expect(estimateResourceClass({ inputs, outputFormat: 'mp4', options: [option('-vf', filter)] }, [...infos])).toBe(
      resourceClass,
    );
    expect(estimateResourceClass({ inputs, outputFormat: 'mp4', filters: graph(filter) }, [...infos])).toBe(
      resourceClass,
    );
  });
});

describe('previewJob', () => {
  const request: TranscodeRequest = {
    inputs: [{ url: 'https://x.example/a.mp4' }, { url: 'https://x.example/b.jpg?x=1' }],
    outputFormat: 'mp4',
    filters: graph('[1:v]scale=100:-1[l];[0:v][l]overlay[v]', "[v]subtitles='https\\://x.example/c.srt'"),
    options: [{ option: '@text-overlay', argument: { text: 'Hello' } }],
  };

  it('shows the complete command with the names of files in the cell, and its assumptions', () => {
    expect(parseRequest(request).rejections).toEqual([]);
    const {
      commands: [args = []],
      warnings,
    } = previewJob(request, [null, null]);
    expect(argumentsOf(args, '-i')).toEqual(['/in/0', '/in/1', '/in/layer-0.svg']);
    expect(complex(args)).toContain('subtitles=filename=/in/asset-0.srt');
    expect(args.join(' ')).not.toContain('x.example');
    expect(warnings.map(({ field }) => field)).toEqual(['inputs[0]', 'inputs[1]']);
    expect(warnings[1]!.message).toContain('picture');
  });
});
