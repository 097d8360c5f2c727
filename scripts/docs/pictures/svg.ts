/** A picture of the documentation: boxes and arrows as SVG, readable on light and dark pages. */

export interface Picture {
  title: string;
  /** What the picture shows, for people who cannot see it. */
  description: string;
  width: number;
  height: number;
  /** Elements, from back to front. */
  parts: readonly string[];
}

export type BoxKind = 'box' | 'cell' | 'outside' | 'frame';

/** Colors of docs/images/architecture.svg, for light pages and for readers who prefer dark pages. */
const STYLE = `
    text { font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; fill: #1a2529 }
    .back { fill: #f6f7f8 } .box { fill: #fff; stroke: #c9d1d5 } .cell { fill: #e0f0f1; stroke: #0b6b74; stroke-width: 2; stroke-dasharray: 7 4 }
    .outside { fill: none; stroke: #868f94; stroke-dasharray: 3 4 } .frame { fill: #eceff1; stroke: #c9d1d5 }
    .title { font-size: 17px; font-weight: 650 } .small { font-size: 13px; fill: #566268 } .label { font-size: 12.5px; fill: #0b6b74 }
    .arrow { fill: none; stroke: #0b6b74; stroke-width: 1.75 } .line { fill: none; stroke: #868f94; stroke-dasharray: 3 4 } .head { fill: #0b6b74 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e8edef } .back { fill: #171c1f } .box { fill: #20272b; stroke: #3a444a } .cell { fill: #12373a; stroke: #5ccfd6 }
      .outside { stroke: #7a858b } .frame { fill: #1b2225; stroke: #3a444a } .small { fill: #9fabb1 } .label { fill: #5ccfd6 }
      .arrow { stroke: #5ccfd6 } .line { stroke: #7a858b } .head { fill: #5ccfd6 }
    }`;
const HEAD = '<path class="head" d="M0 0 10 5 0 10Z"/>';

export function svg({ title, description, width, height, parts }: Picture): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
  <!-- Made by scripts/docs/pictures. Do not edit. -->
  <title id="title">${escapeXml(title)}</title>
  <desc id="description">${escapeXml(description)}</desc>
  <style>${STYLE}
  </style>
  <defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">${HEAD}</marker></defs>
  <rect class="back" width="${width}" height="${height}" rx="14"/>
  ${parts.join('\n  ')}
</svg>
`;
}

/**
 * Returns a box with a title and lines of small text.
 * @param at left, top, width and height
 */
export function box(
  kind: BoxKind,
  at: readonly [number, number, number, number],
  title: string,
  ...lines: string[]
): string {
  const [x, y, width, height] = at;
  const inset = kind === 'frame' ? 14 : 18;
  const first = y + (kind === 'frame' ? 25 : 30);
  const texts = lines.map((line, index) => text('small', [x + inset, first + 22 + index * 19], line));
  return [
    `<g><rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`,
    ...(title ? [`  ${text(kind === 'frame' ? 'small' : 'title', [x + inset, first], title)}`] : []),
    ...texts.map((line) => `  ${line}`),
    '</g>',
  ].join('\n  ');
}

/** Returns an arrow along a path, with a head at the end of the path. */
export function arrow(path: string): string {
  return `<path class="arrow" d="${path}" marker-end="url(#head)"/>`;
}

export function line(path: string): string {
  return `<path class="line" d="${path}"/>`;
}

export function label(
  at: readonly [number, number],
  content: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return text('label', at, content, anchor);
}

export function text(
  kind: 'title' | 'small' | 'label',
  [x, y]: readonly [number, number],
  content: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return `<text class="${kind}" x="${x}" y="${y}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
