import type { TimedText } from '../ffmpeg/policy/overlays/types.ts';
import type { CaptionLayer } from '../ffmpeg/types.ts';
import { CAPTION_LOOKS, type CaptionLook, type Edges } from './caption-looks.ts';
import { fitText } from './fit-text.ts';
import type { FontLibrary } from './font-library.ts';
import { layoutText, type TextBlock, type TextStyle } from './layout.ts';
import type { DrawnLayer } from './svg.ts';

/**
 * Height of a line of Liberation Sans in em, which is what ASS calls the size of a font: `usWinAscent` and
 * `usWinDescent` of its OS/2 table, 1854 and 434 of 2048 units.
 */
const LINE_EM = (1854 + 434) / 2048;
/** Maximum lines of a caption at its full size. A longer caption gets a smaller font. */
const MOST_LINES = 3;
/** Maximum characters of a caption whose font size is fitted and whose lines are balanced. */
const MAX_FITTED = 200;
/** Value of libass's `BorderStyle` that draws one box behind all lines, with `Shadow` as its padding. */
const BOX = 4;
/** ASS commands that make a caption grow beyond its size and shrink back within 170 milliseconds. */
const POP = '{\\fscx82\\fscy82\\t(0,90,\\fscx106\\fscy106)\\t(90,170,\\fscx100\\fscy100)}';

/**
 * Draws captions as a script of Advanced SubStation Alpha, in pixels of the frame. Airlock breaks the lines and draws the
 * plates, and libass shapes the text. The text of a caption can't contain commands of the script: braces and backslashes are
 * written as characters.
 */
export function drawCaptions({ captions, frame }: CaptionLayer, fonts: FontLibrary): DrawnLayer {
  const look = CAPTION_LOOKS[captions.style](frame);
  const warnings = new Set<string>();
  const lines = captions.cues.flatMap((cue) => {
    if (cue.text === '') return [];
    const drawn = drawCue(cue, look, frame, fonts);
    for (const warning of drawn?.block.warnings ?? ['There is no font on this machine; the text was left out.'])
      warnings.add(warning);
    return drawn?.lines ?? [];
  });
  const { width, height } = frame;
  return { file: Buffer.from(`${header(look, frame)}${lines.join('')}`), width, height, warnings: [...warnings] };
}

function drawCue(cue: TimedText, look: CaptionLook, frame: Edges['frame'], fonts: FontLibrary) {
  const fitted = fitCue(cue.text, look, fonts);
  if (!fitted) return null;
  const { block, fontSize } = fitted;
  const size = fontSize * LINE_EM;
  const times = `${time(cue.start)},${time(cue.end)}`;
  const tall = block.lines * size;
  const top = look.top({ tall, frame });
  const middle = frame.width / 2;
  const effects = look.pops ? POP : '';
  const position = `{\\an5\\pos(${round(middle)},${round(top + tall / 2)})\\fs${round(size)}}`;
  // If libass must measure the width of a plate, the plate has square corners.
  const style = look.plate && block.hasFallback ? 'boxed' : 'text';
  const lines = [`Dialogue: 1,${times},${style},,0,0,0,,${position}${effects}${block.texts.map(plain).join('\\N')}\n`];
  if (look.plate && !block.hasFallback) {
    const { padding, radius, color } = look.plate;
    const [wide, high] = [block.width + 2.4 * padding, tall + 2 * padding];
    const at = `\\an7\\pos(${round(middle - wide / 2)},${round(top - padding)})`;
    const paint = `\\bord0\\shad0\\1c&H${color.bgr}&\\1a&H${hex(255 * (1 - color.alpha))}&`;
    lines.unshift(`Dialogue: 0,${times},text,,0,0,0,,{${at}${paint}\\p1}${roundedBox(wide, high, radius)}{\\p0}\n`);
  }
  return { lines, block };
}

/** Lays out a caption in the font of its look, or in a smaller font if the caption needs more than three lines. */
function fitCue(text: string, look: CaptionLook, fonts: FontLibrary): { block: TextBlock; fontSize: number } | null {
  const { fontSize, width } = look;
  const style: TextStyle & { maxWidth: number } = {
    ...{ font: look.isBold ? 'Arial Bold' : 'Arial', fontSize, lineSpacing: 0, align: 'center' },
    ...{ charsPerLine: null, maxWidth: width, maxHeight: 8192 },
  };
  if (text.length > MAX_FITTED) {
    const block = layoutText(text, style, fonts);
    return block && { block, fontSize };
  }
  const fitted = fitText(text, style, (MOST_LINES + 0.4) * fontSize * LINE_EM, fonts);
  return fitted && { block: fitted.block, fontSize: fitted.fontSize };
}

/** Returns a rounded rectangle from 0,0 as commands of an ASS drawing. */
function roundedBox(width: number, height: number, radius: number): string {
  const r = Math.min(radius, width / 2, height / 2);
  // A cubic curve is nearest to a quarter of a circle with control points at 0.5523 of its radius.
  const c = r * (1 - 0.5523);
  const [w, h] = [width, height];
  const curve = (...values: number[]) => `b ${values.map(round).join(' ')}`;
  const line = (x: number, y: number) => `l ${round(x)} ${round(y)}`;
  return [
    `m ${round(r)} 0`,
    line(w - r, 0),
    curve(w - c, 0, w, c, w, r),
    line(w, h - r),
    curve(w, h - c, w - c, h, w - r, h),
    line(r, h),
    curve(c, h, 0, h - c, 0, h - r),
    line(0, r),
    curve(0, c, c, 0, r, 0),
  ].join(' ');
}

/**
 * Writes a line so that ASS shows it literally. A word joiner prevents a backslash from having a meaning, as in FFmpeg's own conversion.
 */
function plain(line: string): string {
  return line.replaceAll('\\', '\\\u2060').replaceAll('{', '\\{').replaceAll('}', '\\}');
}

function header(look: CaptionLook, { width, height }: Edges['frame']): string {
  const { color, outline, shadow, isBold, plate } = look;
  const size = round(look.fontSize * LINE_EM);
  const text = (name: string, edges: readonly (string | number)[], back: string) =>
    // Encoding -1: the first strong letter of a line determines the direction of the line.
    [
      ...[`Style: ${name}`, 'Liberation Sans', size, `&H00${color}`, `&H00${color}`],
      ...[`&H${outline.alpha}${outline.bgr}`, back, isBold ? -1 : 0, 0, 0, 0, 100, 100, 0, 0],
      ...[...edges, 5, 0, 0, 0, -1],
    ].join(',');
  const styles = [text('text', [1, round(outline.width), round(shadow)], '&H70000000')];
  if (plate) {
    const back = `&H${hex(255 * (1 - plate.color.alpha))}${plate.color.bgr}`;
    styles.push(text('boxed', [BOX, 0, round(plate.padding)], back));
  }
  return `[Script Info]
ScriptType: v4.00+
PlayResX: ${width}
PlayResY: ${height}
WrapStyle: 2
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
${styles.join('\n')}

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
`;
}

/** Formats a time as `H:MM:SS.cc`. */
function time(seconds: number): string {
  const all = Math.round(seconds * 100);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(all / 360_000)}:${two(Math.floor(all / 6000) % 60)}:${two(Math.floor(all / 100) % 60)}.${two(all % 100)}`;
}

function hex(value: number): string {
  return Math.round(value).toString(16).toUpperCase().padStart(2, '0');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
