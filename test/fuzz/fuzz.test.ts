import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../src/ffmpeg/policy/options/parse-request.ts';
import { randomOf } from '../../testkit/random.ts';
import { argvFaults } from './argv.ts';
import { startsInFfmpeg } from './differential.ts';
import { graphsOf } from './review.ts';
import { fuzz } from './run.ts';
import { svgFaults } from './svg.ts';

const SEED = 20_261_124;
/** Number of graphs that are started in FFmpeg. */
const SAMPLE = 50;

describe('a short run of the fuzzer', () => {
  const requests: Parameters<typeof parseRequest>[0][] = [];
  const report = fuzz({ cases: 3000, seed: SEED, onAccepted: (request) => requests.push(request) });

  it('finds no request that throws, is slow, or reaches FFmpeg without being parsed', () => {
    expect(report.findings.map(({ case: index, faults }) => ({ case: index, faults }))).toEqual([]);
    expect(report.cases).toBe(3000);
  });

  it('generates requests of every kind: accepted, rejected and with layers', () => {
    expect(report.planned).toBeGreaterThan(300);
    expect(report.rejected).toBeGreaterThan(300);
    expect(report.layers).toBeGreaterThan(20);
  });

  it('accepts no graph that FFmpeg does not understand', { timeout: 120_000 }, async () => {
    const graphs = requests.flatMap((request) => graphsOf(parseRequest(request))).slice(0, SAMPLE);
    const output: (string | null)[] = [];
    for (const graph of graphs) output.push(await startsInFfmpeg(graph));
    expect(graphs.length).toBe(SAMPLE);
    expect(output.filter(Boolean)).toEqual([]);
  });
});

describe('a fault that the fuzzer looks for', () => {
  it('is chosen by random numbers that are the same for the same seed', () => {
    const numbers = (seed: number) => randomOf(seed).times(20, () => 0);
    expect(numbers(1)).toEqual(numbers(1));
    const [a, b] = [randomOf(7), randomOf(7)];
    expect([a.next(), a.int(0, 9), a.next()]).toEqual([b.next(), b.int(0, 9), b.next()]);
  });

  it.each([
    [['-/vf', 'x']],
    [['-vf', 'movie=filename=/etc/passwd']],
    [['-vf', 'scale=/w=x']],
    [['-vf', 'subtitles=filename=http\\://a/b']],
    [['-i', 'http://a/b']],
    [['-progress', '/tmp/x']],
    [['-vf', 'nosuch=x=1']],
    [['-vf', "drawtext=text='abc"]],
    [['-c:v', 'lib x264']],
  ])('is reported: %s', (args) => {
    expect(argvFaults(args)).not.toEqual([]);
  });

  it.each([
    '<svg><script/></svg>',
    '<svg><image href="http://a/b"/></svg>',
    '<svg><g></svg>',
    '<svg onload="x"/>',
    '<svg><text>a</text></svg>',
    '<svg>a</svg>',
    '<svg><path d="NaN"/></svg>',
  ])('is reported in a layer: %s', (svg) => {
    expect(svgFaults(svg)).not.toEqual([]);
  });
});
