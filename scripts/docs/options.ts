import { describeRule, describeValue, ENCODERS, OPTION_TABLE, type OptionRow } from '../../src/ffmpeg/index.ts';
import { BITSTREAM_FILTERS } from '../../src/ffmpeg/policy/encoders/bitstream-filters.ts';
import { code, heading, table } from './markdown.ts';

const PLAIN = OPTION_TABLE.filter(({ value, ignored }) => value.type !== 'parameters' && !ignored);
const IGNORED = OPTION_TABLE.filter(({ ignored }) => ignored);
/** Maximum number of encoders of an option that is listed with its encoders. An option of more encoders is a general option. */
const MOST_ENCODERS = 2;

export function optionsPage(): string {
  return [
    generalSection(),
    encoderOptionsSection(),
    bitstreamFiltersSection(),
    encodersSection(),
    parametersSection(),
    ignoredSection(),
  ].join('\n');
}

function generalSection(): string {
  const general = PLAIN.filter(({ encoders }) => !encoders || encoders.length > MOST_ENCODERS);
  return `${heading('FFmpeg options', 'src/ffmpeg/policy/options/option-table.ts')}
Send options of the output in \`options\`, and options of an input in \`inputs[n].options\`. An option has the form
\`{"option": "-crf", "argument": "20"}\`. A flag has no argument. Options keep their order, and you can repeat some of them.

If an option or a value isn't on this page, the request returns \`422\` with the code \`option_refused\`. The error contains the position, the reason
and, if one exists, an alternative. Airlock parses every value, and writes it again from the parsed form. If a request has \`options\`, Airlock
ignores the quality and the resolution in \`preset\`, and uses the defaults for settings that no option sets.

The column "Streams" lists the letters that can follow the option, such as in \`-b:v\` and \`-b:a:0\`.

Filters (\`-vf\`, \`-af\`, \`-filter\`, \`-filter_complex\`) are on [their own page](filters.md). Airlock draws \`@text-overlay\`,
\`@captions\` and \`@quote-card\` itself. You can repeat these options and \`-vf\`. Airlock applies them in the order in which you send them.

${table(['Option', 'Also written', 'Where', 'Streams', 'Meaning', 'Value'], general.map(optionRow))}
`;
}

function encoderOptionsSection(): string {
  const own = PLAIN.filter(({ encoders }) => encoders && encoders.length <= MOST_ENCODERS);
  return `## Options of one encoder

Each of these options works only with the listed encoders. If the output doesn't use one of them, Airlock ignores the option and adds a warning.

${table(
  ['Option', 'Also written', 'Encoders', 'Meaning', 'Value'],
  own.map((row) => {
    const [option = '', also = '', , , meaning = '', value = ''] = optionRow(row);
    return [option, also, (row.encoders ?? []).map(code).join(' '), meaning, value];
  }),
)}
`;
}

function bitstreamFiltersSection(): string {
  return `## Bitstream filters

\`-bsf:v\` and \`-bsf:a\` accept these filters, separated by commas.

${table(
  ['Filter', 'Keys'],
  Object.entries(BITSTREAM_FILTERS).map(([name, keys]) => [
    code(name),
    Object.entries(keys)
      .map(([key, rule]) => `${code(key)}: ${describeRule(rule).replace(/^Use (one of )?|\.$/g, '')}`)
      .join('<br>'),
  ]),
)}
`;
}

function encodersSection(): string {
  return `## Encoders

\`-c:v\` and \`-c:a\` accept these encoders, and \`copy\`.

${table(
  ['Encoder', 'Also written', 'Kind', 'Output formats'],
  ENCODERS.map(({ name, aliases, kind, formats }) => [
    code(name),
    aliases.map(code).join(' '),
    kind,
    formats.join(' '),
  ]),
)}
`;
}

function parametersSection(): string {
  return `## Parameters of one encoder

Write the parameters as \`key=value:key=value\`. Airlock rejects keys that name a file or set the number of threads.
${OPTION_TABLE.map(parameterSection).join('')}`;
}

function ignoredSection(): string {
  return `## Accepted and ignored

Copied command lines often contain these options. Airlock accepts them, but they have no effect. The job's \`warnings\` list them:
${namesInLines(IGNORED)}.
`;
}

/** Returns the names with commas, six in each line. */
function namesInLines(rows: readonly OptionRow[]): string {
  const lines = Array.from({ length: Math.ceil(rows.length / 6) }, (_, line) => rows.slice(line * 6, line * 6 + 6));
  return lines.map((line) => line.map(({ name }) => code(`-${name}`)).join(', ')).join(',\n');
}

function optionRow(row: OptionRow): string[] {
  return [
    code(`-${row.name}`),
    spellings(row),
    row.scopes.join(', '),
    row.specifiers.map((letter) => code(letter)).join(' '),
    meaningText(row),
    valueText(row),
  ];
}

function meaningText(row: OptionRow): string {
  const formats = row.formats ? ` Only for ${row.formats.join(', ')} outputs.` : '';
  const demuxers = row.demuxers ? ` Only for ${row.demuxers.join(', ')} inputs.` : '';
  return `${row.doc}${row.repeats ? ' You can repeat this option.' : ''}${formats}${demuxers}`;
}

/** Returns the sentence of a rejection ("Use a number from 0 to 63.") as a noun phrase. */
function valueText(row: OptionRow): string {
  if (row.value.type === 'flag') return 'none';
  return describeValue(row.value).replace(/^Use /, '').replace(/\.$/, '');
}

function spellings(row: OptionRow): string {
  return Object.entries(row.aliases ?? {})
    .map(([alias, letter]) =>
      letter ? `${code(`-${alias}`)} (= ${code(`-${row.name}:${letter}`)})` : code(`-${alias}`),
    )
    .join(', ');
}

function parameterSection(row: OptionRow): string {
  if (row.value.type !== 'parameters') return '';
  const rows = Object.entries(row.value.keys).map(([key, rule]) => [
    code(key),
    describeRule(rule).replace(/^Use (one of )?|\.$/g, ''),
  ]);
  const also = spellings(row);
  return `
### \`-${row.name}\`${also ? `, also ${also}` : ''}

${table(['Key', 'Value'], rows)}
`;
}
