import type { FilterSpec } from '../types.ts';
import { checkExpansion } from './text-expansion.ts';
import { boolean, choice, color, expression, integer, numbers, pattern, rate, size, text } from './values.ts';
import { COLOR_OR_WORD, named, video } from './video-rows.ts';

const TEXT_VARIABLES =
  'dar hsub vsub line_h lh main_h h H main_w w W max_glyph_a ascent max_glyph_d descent max_glyph_h ' +
  'max_glyph_w font_a font_d top_a bottom_d n sar t text_h th text_w tw x y pict_type duration';
const textExpression = expression(TEXT_VARIABLES, { functions: { rand: 2 } });

const boxed = expression('dar hsub vsub in_h ih in_w iw sar x y h w t fill');

const BOX = {
  x: boxed,
  y: boxed,
  width: boxed,
  height: boxed,
  color: COLOR_OR_WORD,
  thickness: boxed,
  replace: boolean,
};
const BOX_ALIASES = { w: 'width', h: 'height', c: 'color', t: 'thickness' };

/** FFmpeg's own order of unnamed values. Options that the row leaves out open a file or write `%{…}` themselves. */
const DRAWTEXT_ORDER = (
  'fontfile text textfile fontcolor fontcolor_expr boxcolor bordercolor shadowcolor box boxborderw line_spacing fontsize ' +
  'text_align x y boxw boxh shadowx shadowy borderw tabsize basetime font expansion y_align timecode tc24hmax ' +
  'timecode_rate reload alpha fix_bounds start_number text_source text_shaping ft_load_flags'
).split(' ');

/** A font family and, after a colon, an optional style. Other fontconfig patterns are rejected, because they can also name files. */
const FONT = pattern(
  /^[\p{L}\p{N}][\p{L}\p{N} _.-]*(?::(?:style=)?[A-Za-z][A-Za-z ]*)?$/u,
  100,
  'the name of a font family, such as DejaVu Sans:style=Bold',
);
const TIMECODE = pattern(/^\d{2}:\d{2}:\d{2}[:;.]\d{2}$/, 11, 'a time code such as 00:00:10:00');

const CHARSETS = (
  'UTF-8 UTF-16 UTF-16LE UTF-16BE ISO-8859-1 ISO-8859-2 ISO-8859-3 ISO-8859-4 ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 ' +
  'ISO-8859-9 ISO-8859-13 ISO-8859-15 ISO-8859-16 CP437 CP850 CP852 CP866 CP874 CP932 CP936 CP949 CP950 CP1250 CP1251 ' +
  'CP1252 CP1253 CP1254 CP1255 CP1256 CP1257 CP1258 KOI8-R KOI8-U GBK GB18030 BIG5 SHIFT_JIS EUC-JP EUC-KR'
).split(' ');
const CHARSET_ALIASES = Object.fromEntries(
  CHARSETS.flatMap((name) => {
    const spellings = [name.toLowerCase(), name.replace('ISO-', 'ISO'), name.replace('-', '')];
    if (name.startsWith('CP')) spellings.push(name.replace('CP', 'WINDOWS-'), name.replace('CP', 'windows-'));
    return spellings.filter((spelling) => !CHARSETS.includes(spelling)).map((spelling) => [spelling, name]);
  }),
);

/** Filters that draw text, boxes and subtitles into the picture. */
export const TEXT_FILTERS: readonly FilterSpec[] = [
  video(
    'drawtext',
    'Draws text. The overlay `@text-overlay` supports all scripts and needs no escaping.',
    {
      fontfile: { type: 'asset', kind: 'font' },
      text: text(4000),
      fontcolor: color,
      boxcolor: color,
      bordercolor: color,
      shadowcolor: color,
      box: boolean,
      boxborderw: numbers(0, 1000, '|', 4),
      line_spacing: integer(-1000, 1000),
      fontsize: textExpression,
      text_align: {
        type: 'flags',
        values: ['left', 'L', 'right', 'R', 'center', 'C', 'top', 'T', 'bottom', 'B', 'middle', 'M'],
      },
      x: textExpression,
      y: textExpression,
      boxw: integer(0, 8192),
      boxh: integer(0, 8192),
      shadowx: integer(-1000, 1000),
      shadowy: integer(-1000, 1000),
      borderw: integer(0, 100),
      tabsize: integer(0, 100),
      font: FONT,
      expansion: named('none normal'),
      y_align: named('text baseline font'),
      timecode: TIMECODE,
      tc24hmax: boolean,
      timecode_rate: rate,
      alpha: textExpression,
      fix_bounds: boolean,
      start_number: integer(0, 100_000_000),
      text_shaping: boolean,
    },
    {
      aliases: { r: 'timecode_rate', rate: 'timecode_rate' },
      positional: DRAWTEXT_ORDER,
      timeline: true,
      check: (values) => {
        if (!values.has('text') && !values.has('timecode')) {
          return { option: 'text', reason: 'is missing', suggestion: 'Set text, or timecode.' };
        }
        return values.get('expansion') === 'none' ? null : checkExpansion(values.get('text') ?? '', TEXT_VARIABLES);
      },
      example:
        "drawtext=text='Hello':fontsize=h/6:fontcolor=white@0.9:x=(w-text_w)/2:y=h-th-10:box=1:boxcolor=black@0.5:boxborderw=5",
    },
  ),
  video('drawbox', 'Draws a box.', BOX, {
    aliases: BOX_ALIASES,
    positional: [...Object.keys(BOX), 'box_source'],
    timeline: true,
    example: 'drawbox=x=10:y=10:w=iw-20:h=30:color=red@0.5:t=fill',
  }),
  video('drawgrid', 'Draws a grid.', BOX, {
    aliases: BOX_ALIASES,
    timeline: true,
    example: 'drawgrid=w=iw/3:h=ih/3:t=1:c=white@0.5',
  }),
  video(
    'subtitles',
    'Burns in subtitles (SRT, VTT, ASS).',
    {
      filename: { type: 'asset', kind: 'subtitle' },
      original_size: size,
      alpha: boolean,
      charenc: choice(CHARSETS, CHARSET_ALIASES),
      stream_index: integer(0, 63),
      force_style: { type: 'force-style' },
      wrap_unicode: choice(['auto', 'true', 'false'], { '-1': 'auto', '1': 'true', '0': 'false' }),
    },
    {
      aliases: { f: 'filename', si: 'stream_index' },
      positional: [
        'filename',
        'original_size',
        'fontsdir',
        'alpha',
        'charenc',
        'stream_index',
        'force_style',
        'wrap_unicode',
      ],
      required: ['filename'],
      example: "subtitles=filename='https\\://example.com/captions.srt':force_style='FontName=DejaVu Sans,FontSize=24'",
    },
  ),
  video(
    'ass',
    'Burns in ASS subtitles.',
    {
      filename: { type: 'asset', kind: 'subtitle' },
      original_size: size,
      alpha: boolean,
      shaping: named('auto=-1 simple complex'),
    },
    {
      aliases: { f: 'filename' },
      positional: ['filename', 'original_size', 'fontsdir', 'alpha', 'shaping'],
      required: ['filename'],
      example: "ass=filename='https\\://example.com/captions.ass':shaping=complex",
    },
  ),
];
