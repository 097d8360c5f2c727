import { describe, expect, it } from 'vitest';
import { relocate } from '../tiers/relocate.ts';
import { hideArguments } from './hidden-arguments.ts';

describe('hideArguments', () => {
  const same = (text: string) => text;

  it('moves tags and filter graphs into files and leaves other arguments unchanged', () => {
    const hidden = hideArguments(
      ['-i', '/in/0', '-filter_complex', '[0:v]null', '-metadata:s:a:0', 'title=A', '-vf', 'null', '-c:v', 'libx264'],
      same,
    );
    expect(hidden.args).toEqual([
      ...['-i', '/in/0', '-/filter_complex', '/in/argument-0', '-/metadata:s:a:0', '/in/argument-1'],
      ...['-/vf', '/in/argument-2', '-c:v', 'libx264'],
    ]);
    expect(hidden.texts).toEqual([
      { name: 'argument-0', text: '[0:v]null' },
      { name: 'argument-1', text: 'title=A' },
      { name: 'argument-2', text: 'null' },
    ]);
  });

  it('treats a value as a value, even if it looks like an option', () => {
    const hidden = hideArguments(['-metadata', '-metadata', '-map_metadata', '-1', '-metadata'], same);
    expect(hidden.args).toEqual(['-/metadata', '/in/argument-0', '-map_metadata', '-1', '-metadata']);
  });

  it('translates paths in filter graphs for the tier, but not in tags', () => {
    const { texts } = hideArguments(['-vf', 'subtitles=/in/1', '-metadata', 'title=/in/1'], relocate);
    expect(texts.map(({ text }) => text)).toEqual(['subtitles=../in/1', 'title=/in/1']);
  });
});
