import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { filterHelp, specFaults } from '../../../../test/helpers/ffmpeg-filters.ts';
import type { FilterSpec } from '../types.ts';
import { AUDIO_FILTERS } from './audio.ts';

const run = promisify(execFile);

/** Options that FFmpeg has and the table has not, by filter. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  // A curve of its own syntax that nobody was seen to use.
  dynaudnorm: ['curve', 'v'],
  // The picture of the curves: a second output of another kind.
  anequalizer: ['curves', 'size', 'mgain', 'fscale', 'colors'],
  // Write a file.
  firequalizer: ['dumpfile', 'dumpscale'],
  // Deprecated, and the picture of the response.
  afir: ['gtype', 'response', 'channel', 'size', 'rate', 'irload'],
  // Which demuxer reads a file is decided by its first bytes, not by the caller.
  amovie: ['format_name', 'f', 'streams', 's', 'discontinuity', 'dec_threads', 'format_opts'],
  // Files, fonts, and the colours of an axis that is drawn by expression.
  showcqt: ['fontfile', 'font', 'fontcolor', 'axisfile', 'cscheme'],
};

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

describe('the table of audio filters', () => {
  test('says of every option what FFmpeg says: names, types, ranges, words, unnamed order, timeline', async () => {
    const faults: string[] = [];
    await inParallel(AUDIO_FILTERS, async (spec) => {
      const help = await filterHelp(spec.name);
      faults.push(...specFaults(spec, help, LEFT_OUT[spec.name]).map((fault) => `${spec.name} ${fault}`));
    });
    expect(faults).toEqual([]);
  }, 60_000);

  test('runs every example in the real FFmpeg', async () => {
    const faults: string[] = [];
    await inParallel(AUDIO_FILTERS, async (spec) => {
      if (spec.name === 'amovie') return;
      const noise = ['-f', 'lavfi', '-i', 'anoisesrc=d=1:a=0.3:seed=1,aformat=channel_layouts=stereo'];
      const outputs = /(\[\w+\])+$/.exec(spec.example)?.[0].match(/\[\w+\]/g) ?? [];
      const args = ['-hide_banner', '-nostdin', '-v', 'error'];
      const labels = Array.from({ length: padCount(spec) }, (_, input) => `[${input}:a]`);
      args.push(...labels.flatMap(() => noise), '-filter_complex', `${labels.join('')}${spec.example}`);
      args.push(...outputs.flatMap((label) => ['-map', label]), '-t', '1', '-f', 'null', '-');
      await run('ffmpeg', args, { timeout: 20_000 }).catch((error) => faults.push(`${spec.name}: ${error.stderr}`));
    });
    expect(faults).toEqual([]);
  }, 60_000);
});

function padCount(spec: FilterSpec): number {
  const { inputs } = spec;
  if (typeof inputs === 'function') return inputs(new Map()).length;
  if (typeof inputs === 'string') return 2;
  return 'count' in inputs ? inputs.fallback : inputs.length;
}
