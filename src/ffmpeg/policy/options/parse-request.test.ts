import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../../testkit/any-character.ts';
import type { OptionRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { OPTION_TABLE } from './option-table.ts';
import { optionArgs } from './options.ts';
import { checkOptions, parseRequest } from './parse-request.ts';

const request = (options: OptionRequest[], more: Partial<TranscodeRequest> = {}): TranscodeRequest => ({
  inputs: [{ url: 'gs://b/a.mp4' }],
  outputFormat: 'mp4',
  options,
  ...more,
});
const args = (option: string, argument?: OptionRequest['argument'], more: Partial<TranscodeRequest> = {}) => {
  const parsed = parseRequest(request([argument === undefined ? { option } : { option, argument }], more));
  expect(parsed.rejections).toEqual([]);
  return parsed.output.flatMap(optionArgs);
};
const rejected = (option: string, argument?: OptionRequest['argument'], more: Partial<TranscodeRequest> = {}) =>
  checkOptions(request([argument === undefined ? { option } : { option, argument }], more));

describe('allowed options', () => {
  it.each([
    ['-c:v', 'h264', ['-c:v', 'libx264']],
    ['-vcodec', 'LibX264', ['-c:v', 'libx264']],
    ['-acodec', 'copy', ['-c:a', 'copy']],
    ['-crf', 23, ['-crf', '23']],
    ['-crf', '23', ['-crf', '23']],
    ['-crf', '+018.50', ['-crf', '18.5']],
    ['-ss', '00:01:02.5', ['-ss', '62.5']],
    ['-ss', 5, ['-ss', '5']],
    ['-ss', '1500ms', ['-ss', '1.5']],
    ['-b:v', '2.5M', ['-b:v', '2500000']],
    ['-ab', '128k', ['-b:a', '128000']],
    ['-map', '0:v:0?', ['-map', '0:v:0?']],
    ['-map', '0:a:01', ['-map', '0:a:1']],
    ['-map', '-0:s', ['-map', '-0:s']],
    ['-r', '30000/1001', ['-r', '30000/1001']],
    ['-r', 'ntsc', ['-r', '30000/1001']],
    ['-s', '1280X0720', ['-s', '1280x720']],
    ['-vframes', 1, ['-frames:v', '1']],
    ['-movflags', 'faststart+frag_keyframe', ['-movflags', 'faststart+frag_keyframe']],
    ['-metadata', 'title=A “b” c', ['-metadata', 'title=A “b” c']],
    ['-x264-params', 'keyint=60:min_keyint=30', ['-x264-params', 'keyint=60:min-keyint=30']],
    ['-disposition:a:0', 'default', ['-disposition:a:0', 'default']],
    ['-bsf:v', 'h264_metadata=level=4.1,dump_extra', ['-bsf:v', 'h264_metadata=level=4.1,dump_extra']],
    ['-force_key_frames', '0, 1.5,00:00:03', ['-force_key_frames', '0,1.5,3']],
    ['-force_key_frames', 'expr:gte(t,n_forced*2)', ['-force_key_frames', 'expr:gte(t,n_forced*2)']],
    ['-map', '0:m:language:eng', ['-map', '0:m:language:eng']],
    ['-metadata:s:a:0', 'language=eng', ['-metadata:s:a:0', 'language=eng']],
    ['-disposition:s:0', 'default+forced', ['-disposition:s:0', 'default+forced']],
    ['-flags', '+cgop-loop', ['-flags', '+cgop-loop']],
    ['-vsync', 2, ['-fps_mode', 'vfr']],
    ['-s', 'hd720', ['-s', '1280x720']],
    ['-tune', 'film,zerolatency', ['-tune', 'film,zerolatency']],
    ['-profile:a', 'lc', ['-profile:a', 'aac_low']],
    ['-aac_coder', 'twoloop', ['-aac_coder', 'twoloop']],
    ['-color_range', 'full', ['-color_range', 'pc']],
    ['-x264-params', 'no-scenecut:deblock=-1,-1', ['-x264-params', 'scenecut=0:deblock=-1,-1']],
  ] as const)('such as %s %s are written as %j', (option, argument, written) => {
    expect(args(option, argument)).toEqual(written);
  });

  it.each([[undefined], [null], ['']])('without a value may have the argument %j', (argument) => {
    expect(args('-shortest', argument)).toEqual(['-shortest']);
  });

  it('have a sentence for the documentation, a scope and a unique name', () => {
    for (const row of OPTION_TABLE) {
      expect(row.doc).toMatch(/^[A-Z].*[.]$/);
      expect(row.scopes.length).toBeGreaterThan(0);
    }
    expect(new Set(OPTION_TABLE.map((row) => row.name)).size).toBe(OPTION_TABLE.length);
  });
});

describe('rejected options', () => {
  it.each([
    ['-/t', '/etc/passwd'],
    ['-/filter:v', '/etc/passwd'],
    ['－/t', '5'],
    ['-T', '5'],
    ['-i', '/etc/passwd'],
    ['-filter:v:1', 'scale=64:64'],
    ['-vf', 'movie=/etc/passwd'],
    ['-vf', '/etc/passwd'],
    ['-filter_script:v', '/etc/passwd'],
    ['-af', 'scale=64:64'],
    ['-vf', '-preset'],
    ['-crf', '-preset'],
    ['-crf', '２３'],
    ['-CRF', '23'],
    ['--crf', '23'],
    ['@watermark', 'x'],
    ['@text-overlay', 5],
    ['-filter_complex_script', '/etc/passwd'],
    ['-protocol_whitelist', 'file,http'],
    ['-format_whitelist', 'hls'],
    ['-progress', 'http://evil/'],
    ['-report', ''],
    ['-fpre', '/etc/passwd'],
    ['-vpre', 'x'],
    ['-attach', '/etc/passwd'],
    ['-dump_attachment', 'x'],
    ['-pass', '1'],
    ['-passlogfile', '/tmp/x'],
    ['-sdp_file', '/tmp/x'],
    ['-vstats_file', '/tmp/x'],
    ['-init_hw_device', 'vaapi'],
    ['-hwaccel', 'cuda'],
    ['-bsf:v', 'trace_headers'],
    ['-bsf:v', 'h264_metadata=sei_user_data=x'],
    ['-fs', '1'],
    ['-max_alloc', '1'],
    ['crf', '23'],
    ['', '23'],
    ['/etc/passwd', undefined],
    ['out.mp4', undefined],
    ['-c:v', 'libx264 -vf x'],
    ['-c:v', 'h264_nvenc'],
    ['-c:v', 'aac'],
    ['-c:v', 'libvpx'],
    ['-x264-params', 'stats=/tmp/x'],
    ['-x264-params', 'keyint=60:qpfile=/etc/passwd'],
    ['-x265-params', 'csv=/tmp/x'],
    ['-svtav1-params', 'fgs-table=/etc/passwd'],
    ['-metadata', '/etc/passwd'],
    ['-metadata', 'title=a\nprogress=end'],
    ['-metadata', `title=${'x'.repeat(1001)}`],
    ['-map', '[v]'],
    ['-map', '1:v'],
    ['-map', '0:v:0:m:language'],
    ['-f', 'hls'],
    ['-f', 'tee'],
    ['-crf', 'NaN'],
    ['-crf', 64],
    ['-crf', '1e1'],
    ['-crf', { a: 1 }],
    ['-r', 1000],
    ['-r', '25/0'],
    ['-s', '9999x9999'],
    ['-s', 'hd721'],
    ['-t', 0],
    ['-t', '13:00:00'],
    ['-ss', -1],
    ['-threads', 'auto;x'],
    ['-shortest', '1'],
    ['-pix_fmt', 'cuda'],
    ['-movflags', '+faststart+use_metadata_tags'],
    ['-vn:v', undefined],
    ['-crf:a', 20],
    ['-stream_loop', 1],
    ['-force_key_frames', 'expr:print(t)'],
    ['-force_key_frames', '/etc/passwd'],
    ['-map', '0:d'],
  ] as const)('include %s %j', (option, argument) => {
    const [rejection] = rejected(option, argument as OptionRequest['argument']);
    expect(rejection?.field).toBe('options[0]');
    expect(rejection!.reason).toMatch(/\.$/);
    expect(rejection!.suggestion.length).toBeGreaterThan(5);
    if (!String(option).startsWith('-vf')) expect(rejection!.reason + rejection!.suggestion).not.toContain('passwd');
  });

  it('with an unknown encoder parameter suggest the nearest key and the page of all keys, without listing them', () => {
    for (const [option, argument, near] of [
      ['-x264-params', 'keyint=60:aq_mod=1', 'aq-mode'],
      ['-x265-params', 'no-soa=1', 'sao'],
      ['-svtav1-params', 'tun=0', 'tune'],
      ['-x265-params', 'qpfile=x', ''],
      ['-x264-params', null, ''],
    ] as const) {
      const { suggestion } = rejected(option, argument)[0]!;
      expect(suggestion).toContain(near === '' ? 'Use key=value' : `Did you mean ${near}?`);
      expect(suggestion).toContain('docs/options.md');
      expect(suggestion.length).toBeLessThan(200);
    }
  });

  it('are reported with their position in the output, an input or a filter', () => {
    const rejections = checkOptions({
      inputs: [
        {
          url: 'a',
          options: [
            { option: '-ss', argument: 1 },
            { option: '-hwaccel', argument: 'cuda' },
          ],
        },
      ],
      outputFormat: 'mp4',
      options: [
        { option: '-crf', argument: 20 },
        { option: '@text-overlay', argument: { text: '' } },
      ],
      filters: [{ filter: '[0:v]nul[v]' }],
    });
    expect(rejections.map((rejection) => rejection.field)).toEqual([
      'inputs[0].options[1]',
      'options[1]',
      'filters[0]',
    ]);
  });

  it('include output options of an input, and input options of the output', () => {
    const inputs = [{ url: 'a', options: [{ option: '-crf', argument: 20 }] }];
    expect(checkOptions(request([], { inputs }))[0]?.reason).toContain('does not belong to an input');
    expect(rejected('-sseof', -1)[0]?.reason).toContain('belongs to an input');
  });

  it('include an endless repetition of an input, unless another option ends the output', () => {
    const inputs = [{ url: 'a', options: [{ option: '-stream_loop', argument: -1 }] }];
    expect(checkOptions(request([], { inputs }))[0]?.field).toBe('inputs[0].options[0]');
    expect(checkOptions(request([{ option: '-t', argument: 3 }], { inputs }))).toEqual([]);
  });

  it('include a -to before its -ss', () => {
    const options = [
      { option: '-ss', argument: 5 },
      { option: '-to', argument: 4 },
    ];
    expect(checkOptions(request(options))[0]?.field).toBe('options[1]');
  });

  it('include codecs that the format does not support, and suggest a supported codec', () => {
    expect(rejected('-c:v', 'libx264', { outputFormat: 'webm' })[0]?.suggestion).toContain('libvpx-vp9');
  });
});

describe('any option', () => {
  it('is rejected or becomes generated parts: never a path, a URL or an option that reads a file', () => {
    const names = OPTION_TABLE.flatMap((row) => [row.name, ...Object.keys(row.aliases ?? {})]);
    const option = fc.oneof(
      fc.constantFrom(...names).map((name) => `-${name}`),
      fc
        .tuple(fc.constantFrom(...names), fc.constantFrom('v', 'a', 's', 'v:0', 'a:1'))
        .map(([name, spec]) => `-${name}:${spec}`),
      fc.string(),
    );
    const argument = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.double(),
      fc.integer(),
      fc.constant(null),
      fc.jsonValue(),
      fc.constantFrom(
        '/etc/passwd',
        'http://x/',
        '-/t',
        '0:v',
        'copy',
        '1:2',
        '00:00:05',
        '5',
        'a=b',
        'keyint=5',
        '+faststart',
        '640x480',
        '-i',
        'title=/etc/passwd',
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ option, argument }), { maxLength: 6 }), (options) => {
        const parsed = parseRequest(request(options as OptionRequest[]));
        const reported = [...parsed.rejections, ...parsed.warnings].map(({ field }) => field);
        expect(parsed.output.length + new Set(reported).size).toBeGreaterThanOrEqual(options.length);
        for (const understood of parsed.output) {
          const [flag, value] = optionArgs(understood);
          expect(flag).toMatch(/^-[a-z][a-z0-9_-]*(:[gvas](:([vas]|\d{1,2}))?(:\d{1,2})?)?$/);
          if (value === undefined) continue;
          expect(value).not.toMatch(/[\u0000-\u001f]/);
          expect(value.startsWith('/') || value.startsWith('-/')).toBe(false);
          if (understood.name !== 'metadata') expect(value).toMatch(/^[A-Za-z0-9:.,+?=/_ -]+$/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
