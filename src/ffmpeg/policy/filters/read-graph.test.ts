import { describe, expect, it } from 'vitest';
import { readGraph, serialiseGraph } from './index.ts';

function written(text: string): string {
  const result = readGraph(text);
  if (!result.ok) throw new Error(result.rejections.map(({ reason }) => reason).join());
  return serialiseGraph(result.graph, { asset: String });
}

describe('a first value without a name', () => {
  it('is the size if it parses as a size, otherwise the first option of the filter', () => {
    expect(written('scale=1280x720')).toBe('scale=size=1280x720');
    expect(written('scale=hd720:flags=lanczos')).toBe('scale=size=1280x720:flags=lanczos');
    expect(written('scale=1280:720')).toBe('scale=w=1280:h=720');
    expect(readGraph('scale=9999x9999').ok).toBe(false);
  });
});
