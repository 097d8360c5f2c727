import { describe, expect, it } from 'vitest';
import type { Metric } from '../../contract/metrics.ts';
import { FigureList } from './quality-figures.ts';

function figuresOf(metric: Metric, lines: readonly string[]) {
  const list = new FigureList(metric);
  for (const line of lines) list.add(line);
  return list.result();
}

const ssim = (value: number | string) => `n:1 Y:0.9 U:1.000000 V:1.000000 All:${value} (13.0)`;

describe('the figures that a filter of FFmpeg lists', () => {
  it('give the mean of all frames, and the value that 99 of 100 frames reach', () => {
    const lines = Array.from({ length: 200 }, (_, index) => ssim(index < 2 ? 0.5 : 0.99));
    expect(figuresOf('ssim', lines)).toEqual({ metric: 'ssim', mean: 0.9851, p1: 0.5 });
    expect(figuresOf('ssim', [ssim(0.7), ssim(0.9)])).toEqual({ metric: 'ssim', mean: 0.8, p1: 0.7 });
  });

  it('include PSNR averaged by the mean square error, as in FFmpeg', () => {
    const lines = [30, 50].map((value) => `n:1 mse_avg:1.0 mse_y:1.0 psnr_avg:${value}.00 psnr_y:31.00`);
    expect(figuresOf('psnr', lines)).toEqual({ metric: 'psnr', mean: 32.967, p1: 30 });
  });

  it('are the values of the worst plane of XPSNR', () => {
    const line = 'n:    1  XPSNR y: 41.5000  XPSNR u: 40.2500  XPSNR v: 44.0000';
    expect(figuresOf('xpsnr', [line])).toEqual({ metric: 'xpsnr', mean: 40.25, p1: 40.25 });
  });

  it('count frames without any difference as 100 dB', () => {
    const line = 'n:    1  XPSNR y: inf  XPSNR u: inf  XPSNR v: inf';
    expect(figuresOf('xpsnr', [line])).toEqual({ metric: 'xpsnr', mean: 100, p1: 100 });
  });

  it('are null without frames, and for any other text', () => {
    expect(figuresOf('ssim', [])).toBeNull();
    expect(figuresOf('ssim', ['All:', ssim('1e9'), ssim(777), 'x'.repeat(1e6)])).toBeNull();
  });
});
