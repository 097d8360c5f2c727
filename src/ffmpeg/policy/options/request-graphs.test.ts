import { describe, expect, it } from 'vitest';
import type { OptionRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { parseRequest } from './parse-request.ts';

const URLS = ['gs://b/a.mp4', 'https://cdn.example/two.mp4?x=1'];
const parse = (options: [string, OptionRequest['argument']?][], more: Partial<TranscodeRequest> = {}) =>
  parseRequest({
    inputs: URLS.map((url) => ({ url })),
    outputFormat: 'mp4',
    options: options.map(([option, argument]) => (argument === undefined ? { option } : { option, argument })),
    ...more,
  });
const reasons = (parsed: ReturnType<typeof parseRequest>) =>
  parsed.rejections.map(({ field, offset, reason }) => [field, offset, reason]);

describe('filters of options', () => {
  it.each(['-vf', '-filter:v', '-filter:v:0', '-vf:v:0', '-filter'])('become video steps for %s', (option) => {
    const parsed = parse([[option, 'hflip,scale=320:-2']]);
    expect(parsed.rejections).toEqual([]);
    expect(parsed.video.map((step) => [step.type, step.field])).toEqual([['graph', 'options[0]']]);
  });

  it.each(['-af', '-filter:a', '-filter:a:0', '-filter'])('become audio steps for %s', (option) => {
    const parsed = parse([[option, 'volume=0.5']]);
    expect(parsed.rejections).toEqual([]);
    expect(parsed.audio.map(({ field }) => field)).toEqual(['options[0]']);
  });

  it('keep their order, together with overlays', () => {
    const parsed = parse([
      ['-vf', 'hflip'],
      ['@text-overlay', { text: 'Hello' }],
      ['@quote-card', { quote: 'Q', photo_url: 'https://x/p.jpg' }],
      ['-vf', 'vflip'],
    ]);
    expect(parsed.rejections).toEqual([]);
    expect(parsed.video.map(({ type }) => type)).toEqual(['graph', 'text', 'card', 'graph']);
    expect(parsed.assets).toEqual([
      { kind: 'picture', source: { type: 'url', url: 'https://x/p.jpg' }, field: 'options[2]' },
    ]);
  });

  it.each([
    ['-vf', 'volume=0.5', 'one video input and one video output'],
    ['-vf', '[0:v][1:v]overlay', 'one video input and one video output'],
    ['-vf', 'split', 'one video input and one video output'],
    ['-af', 'hflip', 'one audio input and one audio output'],
    ['-filter:v:1', 'hflip', 'one stream of each kind'],
    ['-filter_script', '/etc/passwd', 'not on the list'],
    ['-/vf', '/etc/passwd', 'read from a file'],
    ['-vf', { a: 1 }, 'must be a string'],
    ['-vf', undefined, 'must be a string'],
    ['-vf', '-crf', 'looks like an option'],
    ['-vf', 'hflip,'.repeat(2000), 'longer than'],
  ] as const)('are rejected in %s %j with the reason %s', (option, argument, reason) => {
    const parsed = parse([[option, argument as OptionRequest['argument']]]);
    expect(parsed.rejections[0]!.reason).toContain(reason);
    expect(parsed.rejections[0]!.suggestion).toMatch(/\S/);
  });

  it('cannot be combined with a copy of the same stream', () => {
    expect(
      parse([
        ['-vf', 'hflip'],
        ['-c', 'copy'],
      ]).rejections[0]!.reason,
    ).toContain('copied');
    expect(
      parse([
        ['-vf', 'hflip'],
        ['-c:a', 'copy'],
      ]).rejections,
    ).toEqual([]);
  });

  it('are rejected in the options of an input', () => {
    const inputs = [{ url: 'gs://b/a', options: [{ option: '-vf', argument: 'hflip' }] }];
    expect(parse([], { inputs }).rejections[0]!.field).toBe('inputs[0].options[0]');
  });

  it('are rejected at the offset of a misspelled filter', () => {
    const [rejection] = parse([['-vf', 'hflip,scael=320:240']]).rejections;
    expect([rejection!.field, rejection!.offset]).toEqual(['options[0]', 6]);
    expect(rejection!.reason + rejection!.suggestion).toContain('scale');
  });
});

describe('the graph of a request', () => {
  it('joins all entries of "filters", and has labels that may be mapped', () => {
    const filters = [{ filter: '[0:v]hflip[a]' }, { filter: '[a][1:v]overlay[out];' }];
    const parsed = parse(
      [
        ['-map', '[out]'],
        ['-map', '0:a'],
      ],
      { filters },
    );
    expect(parsed.rejections).toEqual([]);
    expect(parsed.graph?.graph.chains.length).toBe(2);
  });

  it('has faults reported in the entry of "filters" that contains them', () => {
    const filters = [{ filter: '[0:v]hflip[a]' }, { filter: '[a]nosuch=1[out]' }];
    const [rejection] = parse([], { filters }).rejections;
    expect([rejection!.field, rejection!.offset]).toEqual(['filters[1]', 3]);
  });

  it.each([
    ['-filter_complex', '[0:v]hflip[v]', [{ filter: '[0:v]vflip[w]' }], 'two graphs'],
    ['-filter_complex', '[7:v]hflip[v]', undefined, 'no input 7'],
    ['-filter_complex', '[logo]hflip[v]', undefined, '[logo] is the output of no filter'],
    ['-map', '[v]', [{ filter: '[0:v]vflip[w]' }], 'No filter outputs [v]'],
  ] as const)('is rejected with %s %s: %s', (option, argument, filters, reason) => {
    const parsed = parse([[option, argument]], filters ? { filters: [...filters] } : {});
    expect(reasons(parsed).flat().join(' ')).toContain(reason);
  });

  it('cannot be mapped twice by one label', () => {
    const filters = [{ filter: '[0:v]vflip[w]' }];
    const parsed = parse(
      [
        ['-map', '[w]'],
        ['-map', '[w]'],
      ],
      { filters },
    );
    expect(parsed.rejections.map(({ field }) => field)).toEqual(['options[1]']);
  });
});

describe('files that filters name', () => {
  it('are each listed once, and the URL of an input refers to the input', () => {
    const parsed = parse([
      ['-vf', "subtitles='https://x/a.srt'"],
      ['-vf', 'subtitles=https://x/a.srt,lut3d=gs://b/l.cube'],
      ['-vf', `movie='${URLS[1]}'[logo];[in][logo]overlay`],
      ['-vf', 'movie=input:1[logo];[in][logo]overlay'],
    ]);
    expect(parsed.rejections).toEqual([]);
    expect(parsed.assets.map(({ kind, source, field }) => [kind, source, field])).toEqual([
      ['subtitle', { type: 'url', url: 'https://x/a.srt' }, 'options[0]'],
      ['lut', { type: 'url', url: 'gs://b/l.cube' }, 'options[1]'],
      ['media', { type: 'input', index: 1 }, 'options[2]'],
    ]);
    expect(parsed.video.map((step) => step.type === 'graph' && step.assets)).toEqual([[0], [0, 1], [2], [2]]);
  });

  it.each(['/etc/passwd', 'file:///etc/passwd', 'data:text/plain,x', 'http:/x', 'concat:a', 'input:9', '../a.srt'])(
    'cannot include %s',
    (source) => {
      const parsed = parse([['-vf', `hflip,subtitles='${source.replaceAll(':', '\\:')}'`]]);
      expect(parsed.rejections[0]?.field).toBe('options[0]');
      expect(parsed.rejections[0]!.offset).toBeGreaterThanOrEqual(6);
    },
  );

  it('are limited to ten', () => {
    const steps = Array.from({ length: 11 }, (_, index): [string, string] => [
      '-vf',
      `subtitles=https://x/${index}.srt`,
    ]);
    const parsed = parse(steps);
    expect(parsed.assets.length).toBe(10);
    expect(parsed.rejections.map(({ field }) => field)).toEqual(['options[10]']);
  });
});

describe('a value that depends on the encoder', () => {
  it.each([
    ['-crf', 60, 'libx264', 1],
    ['-crf', 60, 'libx265', 1],
    ['-crf', 60, 'libsvtav1', 0],
    ['-crf', 23.5, 'libx264', 0],
    ['-qp', 60, 'libx264', 1],
  ] as const)('is checked against the chosen encoder: %s %s for %s', (option, value, encoder, count) => {
    const { rejections } = parse([
      ['-c:v', encoder],
      [option, value],
    ]);
    expect(rejections).toHaveLength(count);
    if (count > 0) expect(rejections[0]).toMatchObject({ suggestion: expect.stringContaining('51') });
  });

  it('is checked against the default encoder of the format', () => {
    expect(parse([['-crf', 60]]).rejections).toHaveLength(1);
  });
});

describe('warnings', () => {
  const messages = (parsed: ReturnType<typeof parse>) => parsed.warnings.map(({ message }) => message).join(' ');

  it('name the option that takes effect if it is written twice', () => {
    expect(
      messages(
        parse([
          ['-crf', 20],
          ['-crf', 30],
        ]),
      ),
    ).toContain('uses the last one');
    expect(
      messages(
        parse([
          ['-map', '0:v'],
          ['-map', '0:a'],
        ]),
      ),
    ).toBe('');
  });

  it('name options that are dropped because they do not apply to the encoder or the container', () => {
    const parsed = parse([
      ['-deadline', 'good'],
      ['-id3v2_version', 3],
      ['-crf', 20],
    ]);
    expect(parsed.output.map(({ name }) => name)).toEqual(['crf']);
    expect(messages(parsed)).toContain('-deadline does not apply to libx264');
    expect(messages(parsed)).toContain('-id3v2_version does not apply to mp4');
  });
});

describe('an option of several encoders', () => {
  it.each([
    ['libx264', '-preset', '8', false],
    ['libsvtav1', '-preset', '8', true],
    ['libsvtav1', '-preset', 'slow', false],
    ['libx265', '-tune', 'film', false],
    ['libx264', '-profile:v', 'main10', false],
  ] as const)(
    'has different values for each encoder: whether %s allows %s %s is %s',
    (encoder, option, value, allowed) => {
      const parsed = parse([
        ['-c:v', encoder],
        [option, value],
      ]);
      expect(parsed.rejections.length === 0).toBe(allowed);
      if (!allowed) expect(parsed.rejections[0]!.reason).toContain(encoder);
    },
  );
});

describe('a misspelled option', () => {
  it.each([
    ['-crff', '-crf'],
    ['-CRF', '-crf'],
    ['crf', '-crf'],
    ['-movflag', '-movflags'],
    ['-presets', '-preset'],
  ])('%s is rejected with the suggestion %s', (option, near) => {
    expect(parse([[option, 20]]).rejections[0]!.suggestion).toContain(near);
  });

  it.each(['－crf', '‑crf', '-ｃrf', '–crf'])('%s is rejected for look-alike characters', (option) => {
    expect(parse([[option, 20]]).rejections[0]!.reason).toContain('look-alike');
  });
});
