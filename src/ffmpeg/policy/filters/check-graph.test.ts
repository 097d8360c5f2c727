import { describe, expect, test } from 'vitest';
import { readTestGraph, rejectionsOf } from '../../../../test/helpers/filter-table.ts';
import { filterAdvice } from './advice.ts';
import { FILTER_TABLE } from './table/index.ts';

describe('a filter graph that is rejected', () => {
  test.each([
    ['', 0, 'the graph', /contains no filter/],
    [' \n ', 0, 'the graph', /contains no filter/],
    [',', 0, 'the graph', /an empty filter/],
    ['scale,,scale', 6, 'the graph', /an empty filter/],
    ['sws_flags=lanczos;scale', 0, 'sws_flags', /is not a filter/],
    ['scale=1:1]', 9, 'scale', /followed by "\]"/],
    ['[0:v scale', 0, '[0:v scale', /unclosed/],
    ['[]scale', 0, '[]', /without a name/],
    ['[a;b]scale', 0, '[a;b]', /is not a label/],
    ["scale='1:2", 6, 'scale', /quote/],
    ["metadata=add:k1:it\\\\\\'s\\'", 24, 'metadata', /quote/],
    ['scale=\u0000', 6, 'the graph', /control character/],
    ['scale=w=\ud800', 8, 'the graph', /control character/],
    ['scael', 0, 'scael', /not on the list/],
    ['Scale=1', 0, 'Scale', /lower-case letters/],
    ['ｓｃａｌｅ', 0, 'ｓｃａｌｅ', /lower-case letters/],
    ['scale , zmq', 8, 'zmq', /network socket/],
    ['lut3d_opencl', 0, 'lut3d_opencl', /graphics card/],
    ['scale=/w=/etc/passwd', 6, 'scale=/w', /loads? the value from a file/],
    ['scale=widht=5', 6, 'scale=widht', /not an allowed option/],
    ['scale=w=5:width=6', 10, 'scale=width', /given twice/],
    ['scale=w=5:6', 10, 'scale', /unnamed value .* after a named one/],
    ['scale=1:1:lanczos:1', 18, 'scale', /too many unnamed/],
    ['scale=w=iw+foo', 11, 'scale=width', /unknown variable "foo"/],
    ["scale='w=iw/2:h=ih*while(1,1)'", 19, 'scale=height', /loop forever/],
    ['scale=w=', 6, 'scale=width', /needs a value/],
    ['scale=enable=1', 6, 'scale=enable', /switched on and off/],
    ['color=duration=99', 6, 'color=duration', /set by the server/],
    ['volume=11', 7, 'volume=volume', /does not accept/],
    ['volume=nan', 7, 'volume=volume', /does not accept/],
    ['subtitles', 0, 'subtitles=filename', /missing/],
    ['subtitles=/etc/passwd', 10, 'subtitles=filename', /file of the server/],
    ['subtitles=file\\:///etc/passwd', 10, 'subtitles=filename', /file of the server/],
    ['subtitles=../a.srt', 10, 'subtitles=filename', /file of the server/],
    ['fade=5:1', 7, 'fade=end', /before it begins/],
    ['[0:v]split[a][a]', 13, '[a]', /defined twice/],
    ['[0:v]split[a][b];[a][a]overlay', 20, '[a]', /read twice/],
    ['[0:v][logo]overlay', 5, '[logo]', /output of no filter/],
    ['[0:s]scale', 0, '[0:s]', /subtitles/],
    ['[0:a]scale', 0, '[0:a]', /is audio.* accepts video/],
    ['volume,scale', 7, 'scale', /accepts video.* volume outputs audio/],
    ['scale[a][b]', 8, 'scale', /more labels than outputs/],
    ['[0:v][1:v]scale', 5, 'scale', /more labels than inputs/],
    ['split=3[a][b][c][d]', 16, 'split', /more labels than outputs/],
    ['concat=v=0', 0, 'concat', /neither inputs nor outputs/],
    ['[a]scale[a]', 3, 'scale', /feeds itself/],
    ['[b]scale[a];[a]scale[b]', 3, 'scale', /feeds itself/],
  ])('has a fault: %j at offset %d', (text, offset, subject, reason) => {
    const [first] = rejectionsOf(text);
    expect(first).toMatchObject({ offset, subject });
    expect(first!.reason).toMatch(reason);
    expect(first!.suggestion).not.toBe('');
  });

  test('has a suggestion with the intended name', () => {
    expect(rejectionsOf('scael')[0]!.suggestion).toContain('"scale"');
    expect(rejectionsOf('scale=widht=5')[0]!.suggestion).toContain('"width"');
    expect(rejectionsOf('[0:v]split[left][b];[lefft][b]overlay')[0]!.suggestion).toContain('[left]');
  });

  test('has a rejection for every fault, up to twenty', () => {
    expect(rejectionsOf('foo,scale=w=x,bar').map(({ offset }) => offset)).toEqual([0, 12, 14]);
    expect(rejectionsOf('foo,'.repeat(100))).toHaveLength(20);
  });

  test('is too long, or has too many filters, labels, values or files', () => {
    expect(rejectionsOf(`scale=${'1'.repeat(10_000)}`)[0]!.reason).toMatch(/10000 characters/);
    expect(rejectionsOf('scale,'.repeat(301))[0]!.reason).toMatch(/300 filters/);
    expect(rejectionsOf(`${'[a]'.repeat(65)}scale`)[0]!.reason).toMatch(/64 labels/);
    expect(rejectionsOf(`scale=${'1:'.repeat(300)}`).some(({ reason }) => /200 values/.test(reason))).toBe(true);
    expect(rejectionsOf('subtitles=input:1,'.repeat(33))[0]!.reason).toMatch(/32 files/);
  });

  test('is quoted without control characters of the caller', () => {
    const [first] = rejectionsOf('sca\u202ele');
    expect(first!.subject).toBe('sca\ufffdle');
  });
});

describe('a filter graph', () => {
  test('leaves pads open that no link joins', () => {
    const graph = readTestGraph('[0:v]split[a],overlay;[1:a:0]volume[loud];color[c];[c][2]overlay=1:2[out]');
    expect(graph.inputs.map(({ kind, label }) => [kind, label])).toEqual([
      ['v', '0:v'],
      ['v', null],
      ['a', '1:a:0'],
      ['v', '2'],
    ]);
    expect(graph.outputs.map(({ kind, label, chain }) => [kind, label, chain])).toEqual([
      ['v', 'a', 0],
      ['v', null, 0],
      ['a', 'loud', 1],
      ['v', 'out', 3],
    ]);
  });

  test('derives the pads of concat from its options', () => {
    const graph = readTestGraph('concat=n=3:v=1:a=1');
    expect(graph.inputs.map(({ kind }) => kind).join('')).toBe('vavava');
    expect(graph.outputs.map(({ kind }) => kind).join('')).toBe('va');
  });

  test('may name its only input [in], which is read as the unnamed input of a simple filter', () => {
    expect(readTestGraph('color[c];[in][c]overlay[out]').inputs[0]!.label).toBeNull();
  });

  test('drops the name of an instance and a separator at the end, as FFmpeg does', () => {
    expect(readTestGraph('scale@left=1:2;').chains[0]![0]!.spec.name).toBe('scale');
  });

  test.each([
    ["subtitles='https://x.org/a.srt'", 'https://x.org/a.srt'],
    ["subtitles='https\\://x.org/a.srt'", 'https://x.org/a.srt'],
    ['subtitles=https\\://x.org/a.srt', 'https://x.org/a.srt'],
    ['subtitles=https\\\\://x.org/a.srt', 'https://x.org/a.srt'],
    ["subtitles='gs://bucket/a b.srt'", null],
    ["subtitles='gs://bucket/a.srt'", 'gs://bucket/a.srt'],
    ["subtitles=f='http://x.org:8080/a.srt?b=1&c=2'", 'http://x.org:8080/a.srt?b=1&c=2'],
    ["subtitles=\\'https://x.org/a\\,b.srt\\'", 'https://x.org/a,b.srt'],
    ['subtitles=input:1', 'input:1'],
    ['subtitles=input\\:01', 'input:1'],
  ])('reads the name of a file in common forms: %s', (text, source) => {
    for (const more of ['', ":force_style='FontSize=24,PrimaryColour=&HFFFFFF&'"]) {
      if (source === null) {
        expect(rejectionsOf(text + more)[0]!.subject).toBe('subtitles=filename');
        continue;
      }
      const graph = readTestGraph(text + more);
      expect(graph.assets).toMatchObject([{ kind: 'subtitle', source }]);
      expect(graph.chains[0]![0]!.values.size).toBe(more === '' ? 1 : 2);
    }
  });
});

test('advice exists only for filters that are not allowed', () => {
  const advised = FILTER_TABLE.filter(({ name }) => filterAdvice(name) !== null).map(({ name }) => name);
  expect(advised).toEqual([]);
  for (const name of ['sendcmd', 'ladspa', 'frei0r', 'lv2', 'metadata', 'arnndn', 'scale_cuda', 'hwupload', '-vf']) {
    expect(filterAdvice(name)?.suggestion).toBeTruthy();
  }
});
