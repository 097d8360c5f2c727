/* Bodies of at most 1 MiB, each aimed at code whose cost could grow faster than its input. */

const SOURCE = 'https://media.example.com/clip.mp4';
const MIB = 1024 * 1024;

export interface CostlyBody {
  name: string;
  path: string;
  body: string;
}

const job = (extra: object) => JSON.stringify({ inputs: [{ url: SOURCE }], outputFormat: 'mp4', ...extra });
const raw = (extra: string) => `{"inputs":[{"url":"${SOURCE}"}],"outputFormat":"mp4",${extra}}`;
const options = (count: number, option: string, argument: unknown) => ({
  options: Array(count).fill({ option, argument }),
});
/** Returns as many copies of `item`, joined by commas, as fit into a body with `rest` bytes for everything else. */
const fill = (item: string, rest = 2000): string =>
  Array(Math.floor((MIB - rest) / (item.length + 1)))
    .fill(item)
    .join(',');
const names = (count: number, name: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${JSON.stringify(name(index))}:1`).join(',');

const CROPS = Array(300).fill('crop=iw:ih:0:0').join(',');
const SUM = Array(100).fill('sin(t)').join('+');
const ROTATIONS = Array(9).fill(`rotate=a='${SUM}'`).join(',');

type NamedBody = [name: string, body: string];

/** Returns bodies for create and validate. */
function transcodes(): NamedBody[] {
  return [...graphBodies(), ...shapeBodies(), ...bodiesWithinBudget(), ...optionBodies()];
}

function graphBodies(): NamedBody[] {
  return [
    ['200 graphs of 300 filters', job(options(200, '-vf', CROPS))],
    ['200 graphs of the shortest filters', job(options(200, '-vf', Array(300).fill('null').join(',')))],
    ['100 graphs of long expressions', job(options(100, '-vf', ROTATIONS))],
    ['64 entries of filters', job({ filters: Array(64).fill({ filter: '[0:v]null[a];[a]null[b]' }) })],
    ['80 overlays of 10,000 characters', job(options(80, '@text-overlay', { text: 'a é '.repeat(2500) }))],
    ['overlay texts up to the budget', job(options(49, '@text-overlay', { text: 'ab '.repeat(660) }))],
    ['graphs up to the budget', job(options(2, '-vf', Array(300).fill("crop=w='iw-1-1':h=ih:x=0:y=0").join(',')))],
    ['the shortest filters up to the budget', job(options(2, '-vf', Array(299).fill('null').join(',')))],
  ];
}

/** Returns bodies with many values, long names and long strings. */
function shapeBodies(): NamedBody[] {
  return [
    ['60,000 unknown fields', raw(names(60_000, (index) => `fld${index}`))],
    ['unknown fields with long names', raw(names(9000, (index) => `outputForma${'t'.repeat(50)}${index}`))],
    ['an unknown field with a name of 1 MB', raw(`"${'x'.repeat(MIB - 200)}":1`)],
    ['300,000 empty options', raw(`"options":[${fill('{}')}]`)],
    ['100,000 options of the wrong kind', raw(`"options":[${fill('{"option":7}')}]`)],
    ['500,000 inputs that are numbers', `{"outputFormat":"mp4","inputs":[${fill('1')}]}`],
    ['340,000 empty arrays', raw(`"x":[${fill('[]')}]`)],
    ['metadata of 80,000 fields', raw(`"metadata":{${names(80_000, (index) => index.toString(36))}}`)],
    ['metadata with one string of 1 MB', job({ metadata: { text: 'a'.repeat(MIB - 300) } })],
    ['an unknown field with a string of 1 MB', job({ text: 'a'.repeat(MIB - 300) })],
    ['an unknown field with a string of escapes', raw(`"text":"${'\\u0061'.repeat(170_000)}"`)],
    ['keys that look like a prototype', raw(`"x":[${fill('{"_\\u005fproto_":1}')}]`)],
  ];
}

/** Returns bodies with the maximum number of values. */
function bodiesWithinBudget(): NamedBody[] {
  return [
    ['values up to the budget, in metadata', raw(`"metadata":{${names(4900, (index) => index.toString(36))}}`)],
    ['values up to the budget, unknown', raw(names(4900, (index) => `outputForma${index}`))],
    ['values up to the budget, as empty options', raw(`"options":[${Array(2400).fill('{}').join(',')}]`)],
    [
      'values up to the budget, as wrong inputs',
      `{"outputFormat":"mp4","inputs":[${Array(4900).fill('1').join(',')}]}`,
    ],
    ['values up to the budget, as wrong entries', raw(`"filters":[${Array(1600).fill('{"filter":7}').join(',')}]`)],
    [
      'values up to the budget, as arguments',
      job({
        options: [
          {
            option: '@text-overlay',
            argument: Object.fromEntries(Array.from({ length: 4900 }, (_, index) => [`tex${index}`, 1])),
          },
        ],
      }),
    ],
  ];
}

function optionBodies(): NamedBody[] {
  return [
    [
      'overlays with unknown style keys',
      raw(
        `"options":[${fill(`{"option":"@text-overlay","argument":{"text":"a","style":{${names(20, (i) => `fontSiz${i}`)}}}}`)}]`,
      ),
    ],
    ['quote cards', job(options(200, '@quote-card', { quote: 'word '.repeat(200) }))],
    ['256 unknown option names', job(options(256, `-${'abcdefghij'.repeat(6)}`, 'x'))],
    ['letters that could start a URL', job(options(60, '-metadata', `title=${'a'.repeat(9900)}`))],
    ['backslashes that could be part of a URL', job(options(60, '-metadata', `title=${'a:\\\\'.repeat(2400)}`))],
    ['quotes within quotes', job(options(90, '-vf', `drawtext=text=${"'\\''".repeat(1900)}`))],
    ['labels', job(options(90, '-vf', '[a]'.repeat(3300)))],
    [
      'inputs with options',
      JSON.stringify({
        outputFormat: 'mp4',
        inputs: Array(10).fill({ url: SOURCE, ...options(64, '-metadata', 'x'.repeat(1500)) }),
      }),
    ],
    ['force_style', job(options(90, '-vf', `subtitles=input:0:force_style='${'Fontsize=28,'.repeat(700)}'`))],
  ];
}

const COMMAND_FILES = { input_files: { in_1: SOURCE }, output_files: { out_1: 'a.mp4' } };
const command = (text: string) => JSON.stringify({ ...COMMAND_FILES, ffmpeg_command: text });

function commands(): NamedBody[] {
  return [
    ['a command of a thousand words', command(`-i {{in_1}} ${'-an '.repeat(990)}{{out_1}}`)],
    [
      'a command of two long graphs',
      command(`-i {{in_1}} -vf ${Array(640).fill('crop=iw:ih:0:0').join(',')} -vf ${CROPS} {{out_1}}`),
    ],
    ['a command of placeholders', command(`-i {{in_1}} -vf ${'{{in_1}}'.repeat(2400)} {{out_1}}`)],
    ['a command of quotes', command(`-i {{in_1}} -vf ${"'a'".repeat(6000)} {{out_1}}`)],
    [
      '100,000 input files',
      `{"ffmpeg_command":"-i {{in_1}} {{out_1}}","output_files":{"out_1":"a.mp4"},"input_files":{${names(60_000, (index) => `in_${index}`)}}}`,
    ],
  ];
}

export function costlyBodies(): CostlyBody[] {
  const of = (path: string, bodies: NamedBody[]) => bodies.map(([name, body]) => ({ name, path, body }));
  return [
    ...of('/v1/transcodes', transcodes()),
    ...of('/v1/transcodes/validate', transcodes()),
    ...of('/v1/commands', commands()),
    ...of('/v1/upload/presigned-url', [['50,000 unknown fields', `{${names(50_000, (index) => `filenam${index}`)}}`]]),
    ...of('/v1/keys', [
      ['100,000 scopes', `{"name":"x","scopes":[${fill('"everything"')}]}`],
      ['scopes up to the budget', `{"name":"x","scopes":[${Array(4900).fill('"everything"').join(',')}]}`],
    ]),
  ];
}
