import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../lib/theme.ts';

/** Colors and font of the style sheet, in a form that a canvas can read. */
export interface PlotStyle {
  accent: string;
  soft: string;
  axis: Pick<uPlot.Axis, 'stroke' | 'grid' | 'ticks' | 'font' | 'gap'>;
}

/** Pixels between a drawing and its labels. */
const GAP = 10;
/** Half of the first label below a drawing must fit. */
const MIN_LABEL_WIDTH = 28;

interface PlotProps {
  /** Height in pixels. */
  height: number;
  data: uPlot.AlignedData;
  options: (style: PlotStyle) => Pick<uPlot.Options, 'scales' | 'axes' | 'series'>;
}

/** A drawing that fills the available width. It is hidden from screen readers, so a text must contain the same facts. */
export function Plot({ height, data, options }: PlotProps) {
  const container = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const colours = theme.value;
  useEffect(() => {
    const element = container.current;
    if (!element) return;
    // A canvas keeps its colors, so other colors require a new drawing.
    const own = { width: element.clientWidth, height, legend: { show: false }, cursor: { show: false } };
    const chart = new uPlot({ ...own, ...options(styleOf(element)) }, data, element);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [options, height, colours]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div class="chart" style={{ height: `${height}px` }} ref={container} aria-hidden="true" />;
}

function styleOf(element: HTMLElement): PlotStyle {
  const style = getComputedStyle(element);
  return {
    accent: style.outlineColor,
    soft: style.borderBottomColor,
    axis: {
      stroke: style.color,
      grid: { stroke: style.borderTopColor, width: 1 },
      ticks: { show: false },
      font: `12px ${style.fontFamily}`,
      gap: GAP,
    },
  };
}

/** Pixels at the left of a drawing for the longest of these labels. A digit is about 7 pixels wide. */
export function labelWidth(_chart: uPlot, labels: readonly string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map(({ length }) => length));
  return Math.max(MIN_LABEL_WIDTH, GAP + 7 * longest);
}
