import { describe, expect, it } from 'vitest';
import { REQUEST_BUDGET } from '../../../contract/request-budget.ts';
import type { OptionRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { assumedInfo } from '../../plan/assumed-media.ts';
import { planTranscode } from '../../plan/plan.ts';
import { reviewRequest } from '../../review.ts';
import { parseRequest } from './parse-request.ts';

const request = (extra: Partial<TranscodeRequest>): TranscodeRequest => ({
  inputs: [{ url: 'https://media.example.com/a.mp4' }],
  outputFormat: 'mp4',
  ...extra,
});
const graph = (text: string): OptionRequest => ({ option: '-vf', argument: text });
const many = <T>(count: number, item: T): T[] => Array(count).fill(item);
const { options, graphs, filters, expressionParts, overlays, characters } = REQUEST_BUDGET;
const SUM = many(130, 't').join('+');

describe('the budget of a request', () => {
  it.each([
    {
      what: 'options of all lists together',
      field: 'options[156]',
      limit: options,
      body: {
        inputs: many(3, { url: 'https://media.example.com/a.mp4', options: many(48, { option: '-an' }) }),
        options: many(190, { option: '-metadata', argument: 'title=a' }),
      },
    },
    {
      what: 'graphs',
      field: 'options[32]',
      limit: graphs,
      body: { options: many(40, graph('null')) },
    },
    {
      what: 'filters of all graphs together',
      field: 'options[3]',
      limit: filters,
      body: { options: many(5, graph(many(200, 'null').join(','))) },
    },
    {
      what: 'parts of expressions',
      field: 'options[4]',
      limit: expressionParts,
      body: { options: many(10, graph(many(4, `rotate=a='${SUM}'`).join(','))) },
    },
    {
      what: 'overlays',
      field: 'options[50]',
      limit: overlays,
      body: { options: many(60, { option: '@text-overlay', argument: { text: 'a' } }) },
    },
    {
      what: 'characters of options',
      field: 'options[10]',
      limit: characters,
      body: { options: many(20, { option: '@text-overlay', argument: 'a'.repeat(10_000) }) },
    },
    {
      what: 'characters of filters',
      field: 'filters',
      limit: characters,
      body: { filters: many(11, { filter: `drawtext=text=${'a'.repeat(9900)}` }) },
    },
  ])('limits $what: the rejection names the limit and a remedy, and parsing stops', ({ field, limit, body }) => {
    const { rejections } = parseRequest(request(body));
    const last = rejections.at(-1)!;
    expect(last).toMatchObject({ field, suggestion: expect.stringContaining('split the work') });
    expect(last.reason).toContain(`has more than ${limit.most} ${limit.noun}`);
    expect(
      rejections.filter(({ reason }) => reason.startsWith('The request') || reason.startsWith('the request')),
    ).toEqual([last]);
  });

  it('can be used in full', () => {
    const full = request({
      options: [
        ...many(2, graph(many(300, 'null').join(','))),
        ...many(50, { option: '@text-overlay', argument: 'a' }),
      ],
    });
    expect(parseRequest(full).rejections).toEqual([]);
  });
});

describe('a command that no kernel would start', () => {
  // A bracket within quotes is one character for the caller, and several in the command.
  const texts = (count: number) =>
    request({ options: many(count, graph(many(2, `drawtext=text='${'['.repeat(4000)}'`).join(','))) });
  const input = { path: '/in/0', demuxer: 'mov', info: assumedInfo('mov') };
  const longest = (args: readonly string[]) => Math.max(...args.map((argument) => Buffer.byteLength(argument)));

  it('is rejected with its size before the job runs, and so is a command that filters for the inputs could make too long', () => {
    const fits = [...Array(13).keys()].findLast(
      (count) => reviewRequest(texts(count), [null]).rejections.length === 0,
    )!;
    const { preview } = reviewRequest(texts(fits), [null]);
    expect(longest((preview as { commands: string[][] }).commands[0]!)).toBeLessThan(120 * 1024);
    for (const count of [fits + 1, 12]) {
      const judged = reviewRequest(texts(count), [null]);
      expect(judged.preview).toBeNull();
      expect(judged.rejections).toEqual([
        {
          field: 'options',
          option: '',
          reason: expect.stringMatching(/^The command has an argument of \d+ bytes, and \d+ are allowed\.$/),
          suggestion: expect.stringContaining('Shorten'),
        },
      ]);
    }
  });

  it('fails its job without a retry if a worker plans it', () => {
    const plan = () => planTranscode(texts(12), [input], { resourceClass: 'light', cores: 2 });
    expect(plan).toThrow(expect.objectContaining({ code: 'option_refused', retry: false }));
  });
});
