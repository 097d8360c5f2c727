import { OUTPUT_FORMATS } from '../../src/contract/formats.ts';
import type { OptionRequest, TranscodeRequest } from '../../src/contract/transcode-request.ts';
import { OPTION_TABLE, type OptionValue } from '../../src/ffmpeg/index.ts';
import { FILTER_TABLE } from '../../src/ffmpeg/policy/filters/table/index.ts';
import type { Random } from '../../testkit/random.ts';
import { ATTACKS } from '../hostile/attack-table/index.ts';
import { WILD_ROWS } from '../media/wild/index.ts';
import { anyGraph } from './graphs.ts';
import { anyText, expressionText, mutated, number } from './texts.ts';

const WILD = WILD_ROWS.map(({ request }) => request);
const WILD_OPTIONS = WILD.flatMap((request) => request.options ?? []);
const ATTACK_OPTIONS = ATTACKS.flatMap(({ request }) => [...(request.options ?? []), ...(request.inputOptions ?? [])]);
const OPTIONS: readonly OptionRequest[] = [...WILD_OPTIONS, ...ATTACK_OPTIONS];
const GRAPHS: readonly string[] = [
  ...FILTER_TABLE.map((spec) => spec.example),
  ...WILD.flatMap((request) => (request.filters ?? []).map(({ filter }) => filter)),
  ...ATTACKS.flatMap(({ request }) => request.filters ?? []),
  ...OPTIONS.filter(({ option }) => /^-(vf|af|filter)/.test(option)).map(({ argument }) => String(argument)),
].filter((text) => text.length < 12_000);

/** Returns a body of a create: anything from a complete body of the corpus to pure noise. */
export function anyRequest(random: Random): TranscodeRequest {
  const inputs = random.times(random.int(1, 3), (index) => ({
    url: `https://files.example.com/${index}`,
    ...(random.chance(0.15) && { options: random.times(random.int(1, 3), () => anyOption(random)) }),
  }));
  const outputFormat = random.chance(0.6) ? 'mp4' : random.pick(OUTPUT_FORMATS);
  if (random.chance(0.1)) {
    const wild = structuredClone(random.pick(WILD));
    for (const option of wild.options ?? []) {
      if (typeof option.argument === 'string' && random.chance(0.3))
        option.argument = mutated(random, option.argument, GRAPHS);
    }
    return { inputs, ...wild };
  }
  const request: TranscodeRequest = { inputs, outputFormat };
  if (random.chance(0.8)) request.options = random.times(random.pick([1, 1, 1, 2, 3, 5]), () => anyOption(random));
  if (random.chance(0.2))
    request.filters = random.times(random.int(1, 2), () => ({ filter: graphText(random, 'complex') }));
  return request;
}

function anyOption(random: Random): OptionRequest {
  const kind = random.next();
  if (kind < 0.3) return { option: random.pick(['-vf', '-filter:v']), argument: graphText(random, 'v') };
  if (kind < 0.42) return { option: random.pick(['-af', '-filter:a']), argument: graphText(random, 'a') };
  if (kind < 0.47) return { option: '-filter_complex', argument: graphText(random, 'complex') };
  if (kind < 0.57)
    return { option: random.pick(['@text-overlay', '@quote-card', '@other']), argument: anyOverlay(random) };
  if (kind < 0.68) {
    const known = structuredClone(random.pick(OPTIONS));
    if (random.chance(0.3)) known.option = mutated(random, known.option, ['-c:v', '-/t', '@text']);
    if (typeof known.argument === 'string' && random.chance(0.5))
      known.argument = mutated(random, known.argument, GRAPHS);
    return known;
  }
  if (kind < 0.72) return { option: anyText(random, 16), argument: anyArgument(random) };
  const row = random.pick(OPTION_TABLE);
  const specifier = random.chance(0.5) && row.specifiers.length > 0 ? `:${random.pick(row.specifiers)}` : '';
  return { option: `-${row.name}${specifier}`, argument: optionArgument(random, row.value) };
}

function graphText(random: Random, kind: 'v' | 'a' | 'complex'): string {
  const text = random.chance(0.55) ? anyGraph(random, kind) : random.pick(GRAPHS);
  return random.chance(0.4) ? mutated(random, text, GRAPHS) : text;
}

function anyArgument(random: Random): OptionRequest['argument'] {
  return random.pick<() => unknown>([
    () => anyText(random),
    () => number(random),
    () => random.int(-5, 5000),
    () => random.next() * 100,
    () => null,
    () => undefined,
    () => ({ text: anyText(random) }),
    () => [1],
    () => true,
    () => Number.NaN,
  ])() as OptionRequest['argument'];
}

function optionArgument(random: Random, value: OptionValue): OptionRequest['argument'] {
  if (random.chance(0.15)) return anyArgument(random);
  switch (value.type) {
    case 'flag':
      return random.pick([undefined, null, '']);
    case 'integer':
    case 'number':
    case 'time':
    case 'bits':
      return random.pick([value.min, value.max, random.int(1, 30), number(random), String(value.min)]);
    case 'choice':
    case 'flags':
      return random.times(value.type === 'flags' ? 2 : 1, () => random.pick(value.values)).join('+');
    case 'map':
      return random.pick(['0', '0:v', '1:a:0', '-0:v', '[o0]', '[v]', '0:a?', '9:v', anyText(random, 8)]);
    case 'metadata':
      return random.pick([`title=${anyText(random, 40)}`, anyText(random, 20)]);
    case 'encoder':
      return random.pick([
        'libx264',
        'copy',
        'aac',
        'libvpx-vp9',
        'h264',
        'gif',
        'png',
        'libmp3lame',
        anyText(random, 8),
      ]);
    case 'parameters':
      return random.times(2, () => `${random.pick([...Object.keys(value.keys), 'stats'])}=${number(random)}`).join(':');
    default:
      return random.pick([number(random), anyText(random, 12), '16:9', '320x180', 'hd720', 'yuv420p']);
  }
}

function anyOverlay(random: Random): Record<string, unknown> {
  const maybe = (name: string, make: () => unknown) => (random.chance(0.3) ? { [name]: make() } : {});
  const variables = ['w', 'h', 'text_w', 'text_h', 't', 'n'];
  const size = () => random.pick<unknown>([random.int(12, 200), random.int(-5, 300), '40', null, 1e9]);
  const style = {
    ...maybe('fontSize', size),
    ...maybe('charsPerLine', () => random.pick([20, 5, 100, 4, 'x'])),
    ...maybe('font', () => random.pick(['Arial', 'Noto Sans', '../../etc/passwd', anyText(random, 12)])),
    ...maybe('lineSpacing', size),
    ...maybe('fontColor', () => random.pick(['white', '#ff0000', 'red@0.5', anyText(random, 8)])),
    ...maybe('x', () => random.pick([expressionText(random, variables), anyText(random, 12), 10])),
    ...maybe('y', () => expressionText(random, variables)),
    ...maybe('boxBorderW', size),
    ...maybe('position', () => random.pick(['center', 'top', 'bottom-right', 'nowhere'])),
    ...maybe('margin', size),
    ...maybe('outlineThickness', size),
    ...maybe('textWidth', size),
    ...maybe('nosuch', () => anyText(random, 8)),
  };
  if (random.chance(0.2)) {
    return {
      quote: anyText(random, 200),
      ...maybe('name', () => anyText(random)),
      ...maybe('photo_url', () => anyText(random)),
    };
  }
  return {
    text: random.chance(0.97) ? anyText(random, 200) : random.pick<unknown>([1, null, {}]),
    ...(random.chance(0.8) && { style }),
  };
}
