import type { Metric } from '../../contract/metrics.ts';
import type { QualityFigures } from '../../contract/quality.ts';

/** Decibels recorded for identical frames, whose exact value is infinite. */
const MOST_DECIBELS = 100;

interface MetricRule {
  /** Reads the values of one frame: a single value, or one value per plane. */
  frame: RegExp;
  /** FFmpeg averages `10 ** (-value / power)`; null = it averages the values themselves. */
  power: number | null;
  digits: number;
  most: number;
}

/**
 * Rules by which the filters of FFmpeg compute their totals: SSIM averages its values, PSNR averages the mean square error, and XPSNR
 * averages the root of its weighted square error. Of the planes of XPSNR, the lowest mean counts.
 */
const RULES: Readonly<Record<Metric, MetricRule>> = {
  ssim: { frame: /\bAll:([\d.]+) /, power: null, digits: 6, most: 1 },
  psnr: { frame: /\bpsnr_avg:([\d.]+|inf) /, power: 10, digits: 3, most: MOST_DECIBELS },
  xpsnr: {
    frame: /XPSNR y: *([\d.]+|inf) +XPSNR u: *([\d.]+|inf) +XPSNR v: *([\d.]+|inf)\s*$/,
    ...{ power: 20, digits: 3, most: MOST_DECIBELS },
  },
};

/** Collects the values of one metric that a filter of FFmpeg prints, one line for each frame. */
export class FigureList {
  readonly #metric: Metric;
  /** The value of the lowest plane of each frame. */
  readonly #frames: number[] = [];
  /** The sum of the values of each plane, in the domain in which they are averaged. */
  readonly #sums: number[] = [];

  constructor(metric: Metric) {
    this.#metric = metric;
  }

  /** Ignores lines of any other form, because the author of the source may control the cell that writes them. */
  add(line: string): void {
    const { frame, power, most } = RULES[this.#metric];
    const found = frame.exec(line.slice(0, 512));
    if (!found) return;
    const planes = found.slice(1).map((text) => (text === 'inf' ? MOST_DECIBELS : Number(text)));
    if (!planes.every((value) => value >= 0 && value <= most)) return;
    this.#frames.push(Math.min(...planes));
    for (const [index, value] of planes.entries()) {
      this.#sums[index] = (this.#sums[index] ?? 0) + (power === null ? value : 10 ** (-value / power));
    }
  }

  /** Returns the mean and the first percentile, or null if there are no frames. */
  result(): QualityFigures | null {
    const count = this.#frames.length;
    if (count === 0) return null;
    const { power, digits } = RULES[this.#metric];
    const means = this.#sums.map((sum) => (power === null ? sum / count : -power * Math.log10(sum / count)));
    const sorted = Float64Array.from(this.#frames).sort();
    const rounded = (value: number) => Number(value.toFixed(digits));
    return {
      metric: this.#metric,
      mean: rounded(Math.min(...means)),
      // The nearest rank: at least 99 of 100 frames are at least as good.
      p1: rounded(sorted[Math.max(0, Math.ceil(count / 100) - 1)]!),
    };
  }
}
