import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../../testkit/any-character.ts';
import { checkOptions } from '../options/parse-request.ts';
import { readCommand } from './read-command.ts';
import { quote } from './tokens.ts';

const URLS = {
  in_1: 'https://cdn.example/clip.mp4?sig=a,b;c',
  in_2: 'https://cdn.example/two.mp4',
  in_3: 'gs://bucket/words.srt',
};

/** Reads a command with the inputs that it names. */
function read(command: string, file = 'out.mp4') {
  const inputs = Object.fromEntries(Object.entries(URLS).filter(([name]) => command.includes(`{{${name}}}`)));
  return readCommand({ ffmpeg_command: command, input_files: inputs, output_files: { out_1: file } });
}

function requestOf(command: string, file?: string) {
  const result = read(command, file);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.request;
}

const errorsOf = (command: string, file?: string) => {
  const result = read(command, file);
  return result.ok ? [] : result.errors;
};

describe('command strings', () => {
  it.each<[string, string?]>([
    ['-i {{in_1}} {{out_1}}', 'out.mp3'],
    ['ffmpeg -y -i {{in_1}} -c:v libx264 -crf 23 -preset fast -c:a aac -b:a 128k -movflags +faststart {{out_1}}'],
    ['ffmpeg -hide_banner -loglevel error -i {{in_1}} -vn -acodec libmp3lame -q:a 2 {{out_1}}', 'sound.mp3'],
    ['-ss 00:00:05 -i {{in_1}} -t 3 -c copy {{out_1}}'],
    ['-i {{in_1}} -ss 00:00:01.500 -frames:v 1 -q:v 2 {{out_1}}', 'thumb.jpg'],
    ['-i {{in_1}} -vf "scale=1280:-2,fps=30" -c:a copy {{out_1}}'],
    [`-i {{in_1}} -vf 'crop=ih*9/16:ih,scale=1080:1920' {{out_1}}`],
    ['-i {{in_1}} -filter:v "setpts=0.5*PTS" -filter:a "atempo=2.0" {{out_1}}'],
    ['-i {{in_1}} -i {{in_2}} -filter_complex "[0:v][1:v]overlay=W-w-10:H-h-10" -c:a copy {{out_1}}'],
    [
      '-i {{in_1}} -i {{in_2}} -filter_complex "[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1[v][a]" -map "[v]" -map "[a]" {{out_1}}',
    ],
    ['-i {{in_1}} -vf "subtitles={{in_3}}:force_style=\'FontSize=24,PrimaryColour=&H00FFFF&\'" {{out_1}}'],
    [
      '-i {{in_1}} -vf "fps=10,scale=320:-1:flags=lanczos,split[s0][s1];[s0]palettegen[p];[s1][p]paletteuse" -loop 0 {{out_1}}',
      'a.gif',
    ],
    ['-loop 1 -i {{in_1}} -i {{in_2}} -c:v libx264 -tune stillimage -pix_fmt yuv420p -shortest {{out_1}}'],
    ['-i {{in_1}} -af loudnorm=I=-16:TP=-1.5:LRA=11 {{out_1}}', 'loud.wav'],
    ['-i {{in_1}} \\\n  -c:v libx265 \\\n  -tag:v hvc1 \\\n  {{out_1}}'],
    ['-i {{in_1}} -c:v libvpx-vp9 -crf 30 -b:v 0 -row-mt 1 -deadline good -cpu-used 4 {{out_1}}', 'a.webm'],
    ['-i {{in_1}} -map 0:v:0 -map 0:a:0? -metadata title="A day at sea" {{out_1}}'],
    ['-i {{in_1}} -vf drawtext="text=\'Hello World\':x=(w-text_w)/2:y=10:fontsize=24:fontcolor=white" {{out_1}}'],
    ['/usr/bin/ffmpeg -i {{in_1}} -an -r 15 -s 640x360 {{out_1}}'],
    [`-i {{in_1}} -force_key_frames "expr:gte(t,n_forced*2)" -g 60 {{out_1}}`],
  ])('%s becomes an allowed request', (command, file) => {
    expect(checkOptions(requestOf(command, file))).toEqual([]);
  });

  it('assign options to the input that follows, and other options to the output', () => {
    expect(requestOf('-ss 5 -i {{in_1}} -stream_loop 2 -i {{in_2}} -an -crf 20 {{out_1}}')).toEqual({
      inputs: [
        { url: URLS.in_1, options: [{ option: '-ss', argument: '5' }] },
        { url: URLS.in_2, options: [{ option: '-stream_loop', argument: '2' }] },
      ],
      outputFormat: 'mp4',
      options: [{ option: '-an' }, { option: '-crf', argument: '20' }],
    });
  });

  it('have a placeholder within a filter replaced by the number of an input, or by the URL of another file', () => {
    const [own, other] = requestOf(`-i {{in_1}} -i {{in_2}} -vf "movie={{in_2}}" -vf "subtitles='{{in_3}}'" {{out_1}}`)
      .options!;
    expect(own!.argument).toBe('movie=input:1');
    expect(other!.argument).toBe(`subtitles='${URLS.in_3}'`);
  });

  it('cannot end a filter through characters of a URL', () => {
    const request = readCommand({
      ffmpeg_command: '-i {{a}} -vf subtitles={{b}} {{o}}',
      input_files: { a: 'https://x/a.mp4', b: "https://x:8080/a.srt?k=1:v,hue=s=0;[x]'" },
      output_files: { o: 'o.mp4' },
    });
    expect(request.ok && request.request.options![0]!.argument).toBe(
      'subtitles=https://x:8080/a.srt?k=1%3Av%2Chue=s=0%3B%5Bx%5D%27',
    );
  });

  it('have a position for each option and each character of its argument', () => {
    const command = 'ffmpeg -ss 5 -i {{in_1}} -an -vf "a"\\ \'b\'{{in_1}}c {{out_1}}';
    const result = read(command);
    const at = (needle: string) => command.indexOf(needle);
    expect(result.ok && result.request.options![1]!.argument).toBe('a binput:0c');
    const inner = Array(7).fill(command.indexOf('{{in_1}}', at('-vf')));
    expect(result.ok && result.positions).toEqual({
      'inputs[0].options[0]': { option: at('-ss'), argument: [at('5'), at('5') + 1] },
      'options[0]': { option: at('-an'), argument: [] },
      'options[1]': {
        option: at('-vf'),
        argument: [at('a"'), at('\\') + 1, at("b'"), ...inner, at('c {{out'), at('c {{out') + 1],
      },
    });
  });
});

describe('rejected commands', () => {
  it.each([
    ['-i {{in_1}} {{out_1}} && rm -rf /', '&'],
    ['-i {{in_1}} {{out_1}}; reboot', ';'],
    ['-i {{in_1}} -f mp4 - | cat', '|'],
    ['-i {{in_1}} {{out_1}} > /tmp/x', '>'],
    ['-i {{in_1}} -metadata title=$(id) {{out_1}}', '$('],
    ['-i {{in_1}} -metadata "title=`id`" {{out_1}}', '`id'],
    ['-i {{in_1}} -metadata "title=$HOME" {{out_1}}', '$HOME'],
    ["-i {{in_1}} -vf 'scale=2:2 {{out_1}}", "'scale"],
    ['-i {{in_1}} -vf "scale=2:2 {{out_1}}', '"scale'],
    ['-i /etc/passwd {{out_1}}', '/etc'],
    ['-i https://x/a.mp4 {{out_1}}', 'https'],
    ['-f lavfi -i color=red {{out_1}}', 'color'],
    ['-i {{in_1}} out.mp4', 'out.mp4'],
    ['-i {{in_1}} {{out_1}} {{out_1}}', '{{out_1}}', 1],
    ['-i {{in_1}} {{in_1}} {{out_1}}', '{{in_1}}', 1],
    ['-i {{in_9}} {{out_1}}', '{{in_9}}'],
    ['-i {{in_1}} {{out_9}}', '{{out_9}}'],
    ['-i {{in_1}} -metadata title={{in_1}} {{out_1}}', '{{in_1}}', 1],
    ['-i {{in_1}} {{out_1}} -crf 20', '-crf'],
    ['-i', '-i'],
  ])('%s: the error points at %s', (command, needle, nth = 0) => {
    const errors = errorsOf(command);
    let offset = command.indexOf(needle);
    for (let skip = 0; skip < nth; skip++) offset = command.indexOf(needle, offset + 1);
    expect(errors.map((error) => [error.position, error.offset])).toContainEqual(['/ffmpeg_command', offset]);
    for (const error of errors) expect(error.message.length * error.suggestion.length).toBeGreaterThan(0);
  });

  it.each([
    ['', 'out.mp4', '/ffmpeg_command'],
    ['-crf 20 {{out_1}}', 'out.mp4', '/ffmpeg_command'],
    ['-i {{in_1}}', 'out.mp4', '/ffmpeg_command'],
    ['-i {{in_1}} {{out_1}}', 'out.exe', '/output_files/out_1'],
    ['-i {{in_1}} {{out_1}}', '../out.mp4', '/output_files/out_1'],
    ['-i {{in_1}} {{out_1}}', 'frame%03d.png', '/output_files/out_1'],
  ])('"%s" with the output %s is rejected with an error at %s', (command, file, position) => {
    expect(errorsOf(command, file).map((error) => error.position)).toContain(position);
  });

  it('have errors for unused inputs and outputs, and for an input that is not a URL', () => {
    const result = readCommand({
      ffmpeg_command: '-i {{a}} {{o}}',
      input_files: { a: 'file:///etc/passwd', spare: 'https://x/y' },
      output_files: { o: 'o.mp4', p: 'p.mp4' },
    });
    const positions = result.ok ? [] : result.errors.map((error) => error.position);
    expect(positions.sort()).toEqual(['/input_files/a', '/input_files/spare', '/output_files/p']);
  });

  it('have an error that suggests the intended placeholder', () => {
    const result = readCommand({
      ffmpeg_command: '-i {{in1}} {{out_1}}',
      input_files: { in_1: 'https://x/y' },
      output_files: { out_1: 'o.mp4' },
    });
    expect(result.ok ? '' : result.errors[0]!.suggestion).toContain('in_1');
  });
});

describe('a fault in an argument', () => {
  /** Functions that write one character for a shell, by the kind of quoting. */
  const written: Record<string, (character: string) => string> = {
    bare: (character) => (/[A-Za-z0-9=:.,@/*{}[\]-]/.test(character) ? character : `\\${character}`),
    escaped: (character) => `\\${character}`,
    single: (character) => (character === "'" ? `"'"` : `'${character}'`),
    double: (character) => (/["\\$`]/.test(character) ? `"\\${character}"` : `"${character}"`),
    folded: (character) => `\\\n'${character === "'" ? '' : character}'${character === "'" ? "\\'" : ''}`,
  };
  const way = fc.constantFrom(...Object.keys(written));
  const before = fc.constantFrom(
    'hflip,',
    "drawtext=text='a b\"c',",
    'drawtext=text=\u00e9\ud83d\ude00\\\\:x,',
    'subtitles={{in_3}},',
    "eq=contrast='1.1',",
    '  null , ',
  );
  const fault = fc.constantFrom<[option: string, text: string]>(
    ['-vf', '\u00a7,vflip'],
    ['-vf', 'scale=\u00a7:2'],
    ['-vf', "scale=w='2*\u00a7':h=2"],
    ['-vf', 'eq=\u00a7=1'],
    ['-vf', "format='yuv420p|\u00a7|gray'"],
    ['-x264-params', ' aq-mode=1:\u00a7=2:me=hex'],
    ['-force_key_frames', 'expr:gte(t, \u00a7)'],
  );

  it('is reported at its position in the command, regardless of the quotes and backslashes before it', () => {
    fc.assert(
      fc.property(
        fc.array(before, { maxLength: 4 }),
        fault,
        fc.array(way, { minLength: 200, maxLength: 200 }),
        (steps, [option, text], ways) => {
          const graph = option === '-vf' ? steps.join('') : '';
          // A placeholder is one word and stays unchanged.
          const parts = `${graph}${text}`.split(/(\{\{in_3\}\})/);
          const word = parts.map((part) =>
            part.startsWith('{{in')
              ? part
              : Array.from({ length: part.length }, (_, index) => index)
                  .map((index) =>
                    written[/[\ud800-\udfff]/.test(part[index]!) ? 'bare' : ways[index % ways.length]!]!(part[index]!),
                  )
                  .join(''),
          );
          const command = `-i {{in_1}} ${option} ${word.join('')} {{out_1}}`;
          const result = read(command);
          if (!result.ok) throw new Error(JSON.stringify([command, result.errors]));
          const [rejection] = checkOptions(result.request);
          expect([command, rejection?.field]).toEqual([command, 'options[0]']);
          expect(command.slice(result.positions['options[0]']!.argument[rejection!.offset!]!)[0]).toBe('\u00a7');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('any command', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '-i',
      '{{in_1}}',
      '{{out_1}}',
      '{{in_2}}',
      '-crf',
      '20',
      '-vf',
      'scale=2:2',
      '-an',
      "'",
      '"',
      '\\',
      '$x',
      ';',
      '\n',
    ),
    fc.string({ unit: anyCharacter, maxLength: 12 }),
  );

  it('is rejected or becomes a request, without an exception', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.jsonValue(), (words, junk) => {
        const result = read(words.join(' '));
        if (!result.ok) expect(result.errors.length).toBeGreaterThan(0);
        readCommand({ ffmpeg_command: words.join(' '), input_files: junk, output_files: junk } as never);
        readCommand(junk as never);
      }),
      { numRuns: 500 },
    );
  });

  it('contains the original text of each word that was quoted', () => {
    const value = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => !/[\u0000-\u001f\u007f]|\{\{/.test(text));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (titles) => {
        const options = titles.flatMap((title) => ['-metadata', quote(`title=${title}`)]);
        const request = requestOf(['-i', '{{in_1}}', ...options, '{{out_1}}'].join(' '));
        expect((request.options ?? []).map(({ argument }) => argument)).toEqual(
          titles.map((title) => `title=${title}`),
        );
      }),
      { numRuns: 300 },
    );
  });
});
