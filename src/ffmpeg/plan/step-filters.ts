import type { Expression } from '../policy/expressions/types.ts';
import type { CheckedFilter, CheckedGraph } from '../policy/filters/types.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';

/** Returns every graph of a request. */
export function graphsOf(parsed: ParsedRequest): CheckedGraph[] {
  return [
    ...(parsed.graph ? [parsed.graph.graph] : []),
    ...parsed.video.flatMap((step) => (step.type === 'graph' ? [step.graph] : [])),
    ...parsed.audio.map(({ graph }) => graph),
  ];
}

export function filtersOf(graphs: readonly CheckedGraph[]): CheckedFilter[] {
  return graphs.flatMap((graph) => graph.chains.flat());
}

/** Filters whose result does not depend on the time, so that FFmpeg may seek before or after them. */
const TIMELESS: ReadonlySet<string> = new Set(
  (
    'scale zscale crop pad hflip vflip transpose rotate setsar setdar format null copy eq hue negate curves colorbalance ' +
    'colorchannelmixer colorlevels colortemperature lut lutrgb lutyuv lut3d lut1d vibrance exposure unsharp gblur boxblur ' +
    'avgblur smartblur sobel edgedetect drawbox drawgrid fillborders delogo vignette lenscorrection chromakey colorkey ' +
    'hsvkey tonemap deband cas noise median yadif bwdif split anull volume aformat aresample pan highpass lowpass bass ' +
    'treble equalizer channelmap channelsplit stereotools setfield fps'
  ).split(' '),
);
/** Filters whose result depends on the time, but that show and play everything at its own time. */
const IN_TIME: ReadonlySet<string> = new Set(
  'drawtext subtitles ass fade afade hqdn3d loudnorm dynaudnorm acompressor alimiter deshake agate'.split(' '),
);

/** Whether a filter shows or plays everything at its own time. */
export function keepsTime(name: string): boolean {
  return TIMELESS.has(name) || IN_TIME.has(name);
}

const CLOCKS: ReadonlySet<string> = new Set(['t', 'n', 'pos', 'T', 'N', 'pts', 'PTS']);

/** Whether any step of the request uses the time or earlier frames. */
export function dependsOnTime(parsed: ParsedRequest): boolean {
  if (parsed.graph) return true;
  const timedFilter = filtersOf(graphsOf(parsed)).some(
    (filter) =>
      !TIMELESS.has(filter.spec.name) ||
      [...filter.values].some(
        ([key, value]) => key === 'enable' || (value.type === 'expression' && usesClock(value.expression)),
      ),
  );
  const timedText = parsed.video.some(
    (step) =>
      step.type === 'captions' || (step.type === 'text' && (usesClock(step.overlay.x) || usesClock(step.overlay.y))),
  );
  return timedFilter || timedText;
}

function usesClock(expression: Expression): boolean {
  switch (expression.type) {
    case 'number':
      return false;
    case 'variable':
      return CLOCKS.has(expression.name);
    case 'unary':
      return usesClock(expression.operand);
    case 'binary':
      return usesClock(expression.left) || usesClock(expression.right);
    case 'call':
      return expression.arguments.some(usesClock);
  }
}

/** Steps that the caller's filters already perform, so that the planner omits them. */
export interface OwnWork {
  toneMaps: boolean;
  deinterlaces: boolean;
  palette: boolean;
  rate: boolean;
  size: boolean;
  /** Whether a filter makes a video of a single picture (`zoompan`, `loop` or `tpad`). */
  length: boolean;
  /** Whether a filter outputs nothing before its input ends. If the input is endless, the output would then never end. */
  waits: boolean;
  /** Whether filters set a matrix, a range or primaries, so that the caller decides the colors of the output. */
  convertsColors: boolean;
  /** Whether all filters keep the pixel format of YUV, and with it the matrix and the range. */
  keepsColors: boolean;
}

/** Filters that change neither the pixel format of YUV nor its meaning. */
const COLOR_KEEPERS: ReadonlySet<string> = new Set(
  (
    'scale crop pad hflip vflip transpose setsar setdar null copy unsharp gblur boxblur avgblur smartblur drawbox drawgrid ' +
    'negate hstack vstack drawtext subtitles ass fillborders delogo vignette yadif bwdif w3fdif estdif hqdn3d fps framerate ' +
    'minterpolate setpts trim loop reverse tpad select fade deshake eq hue deband cas noise settb setfield zoompan split'
  ).split(' '),
);
/** Filters that convert or declare colors, and the options with which other filters do. */
const COLOR_SETTERS: ReadonlySet<string> = new Set('tonemap colorspace colormatrix setparams setrange'.split(' '));
const COLOR_OPTIONS = ['out_color_matrix', 'out_range', 'range', 'primaries', 'transfer', 'matrix'];

function convertsColors({ spec: { name }, values }: CheckedFilter): boolean {
  if (COLOR_SETTERS.has(name)) return true;
  return (
    (name === 'scale' || name === 'scale2ref' || name === 'zscale') && COLOR_OPTIONS.some((key) => values.has(key))
  );
}

const DEINTERLACERS =
  'yadif bwdif w3fdif estdif separatefields tinterlace interlace fieldmatch pullup phase weave doubleweave telecine fieldorder decimate setfield il';

export function ownWork(parsed: ParsedRequest): OwnWork {
  const filters = filtersOf(graphsOf(parsed));
  const names = new Set(filters.map((filter) => filter.spec.name));
  const any = (list: string) => list.split(' ').some((name) => names.has(name));
  return {
    toneMaps: any('tonemap zscale'),
    deinterlaces: any(DEINTERLACERS),
    palette: any('paletteuse'),
    rate: any('fps framerate minterpolate zoompan select'),
    size: any('scale scale2ref zscale crop pad zoompan'),
    length: any('zoompan loop tpad'),
    waits: any('palettegen reverse areverse'),
    convertsColors: filters.some(convertsColors),
    keepsColors: [...names].every((name) => COLOR_KEEPERS.has(name)),
  };
}
