import { describe, expect, it } from 'vitest';
import { readGraph, serialiseGraph } from '../policy/filters/index.ts';
import type { Flow } from './flow/flow.ts';
import { steadyRates } from './steady-rates.ts';

const flow = (rate: number | null): Flow => ({ kind: 'v', width: 64, height: 48, certain: true, rate, seconds: 1 });

function steadied(text: string, rates: (number | null)[]): string {
  const read = readGraph(text);
  if (!read.ok) throw new Error(read.rejections[0]?.reason);
  const graph = steadyRates(read.graph, rates.map(flow));
  return serialiseGraph(graph, { asset: () => '', inputs: graph.inputs.map(({ label }) => label) });
}

describe('the inputs of a crossfade', () => {
  const cut = '[0:v]setpts=PTS-STARTPTS[a];[1:v]setpts=PTS-STARTPTS[b];';

  it('get an fps filter with the rate of their source, which FFmpeg drops after setpts', () => {
    const text = steadied(`${cut}[a][b]xfade=duration=1:offset=1[v]`, [30, 24]);
    expect(text).toContain('[a]fps=fps=30[a_even]');
    expect(text).toContain('[b]fps=fps=30[b_even]');
    expect(text).toContain('[a_even][b_even]xfade');
  });

  it('get 25 frames per second if no source has a rate', () => {
    expect(steadied(`${cut}[a][b]xfade[v]`, [null, null])).toContain('[a]fps=fps=25[a_even]');
  });

  it('get no fps filter if they are results of other crossfades', () => {
    const text = steadied(`${cut}[a][b]xfade[x];[2:v]setpts=PTS[c];[x][c]xfade[v]`, [30, 30, 30]);
    expect(text).toContain('[x][c_even]xfade');
  });

  it('get labels that the graph does not use', () => {
    const text = steadied(`${cut}[0:v]hflip[a_even];[a][b]xfade[v];[a_even]vflip[w]`, [30, 30, 30]);
    expect(text).toContain('[a]fps=fps=30[a_even_]');
  });

  it.each([
    '[0:v][1:v]xfade[v]',
    '[0:v]setpts=PTS,fps=30[a];[1:v]fps=30[b];[a][b]xfade[v]',
    '[0:v]setpts=PTS[a];[a][1:v]overlay[v]',
  ])('do not change if no rate is lost: %s', (text) => {
    expect(steadied(text, [30, 30])).not.toContain('_even');
  });
});
