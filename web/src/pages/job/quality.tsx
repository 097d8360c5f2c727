import type { QualityFigures } from '../../../../src/contract/quality.ts';
import type { Output } from './download-path.ts';

/** The figures of each metric that was computed for an output. */
export function QualityNote({ output: { quality, measures } }: { output: Output }) {
  const all = measures ?? (quality ? [quality] : []);
  return all.map((figures) => (
    <div key={figures.metric} class="muted small">
      {figures.metric.toUpperCase()} {valueText(figures.metric, figures.mean)} on average,{' '}
      {valueText(figures.metric, figures.p1)} in 99% of the frames
    </div>
  ));
}

/** Formats a figure. SSIM is from 0 to 1. The other metrics are in decibels. */
function valueText(metric: QualityFigures['metric'], value: number): string {
  return metric === 'ssim' ? value.toFixed(4) : `${value.toFixed(1)} dB`;
}
