import { describe, expect, it } from 'vitest';
import { previewJob } from '../../src/ffmpeg/plan/preview.ts';
import { parseRequest } from '../../src/ffmpeg/policy/options/parse-request.ts';
import { argvFaults } from '../fuzz/argv.ts';
import { asRequest } from './attack-request.ts';
import { ATTACKS } from './attack-table/index.ts';
import type { Attack } from './attack-table/rows.ts';
import { title } from './attack-world.ts';

const rows = (verdict: Attack['verdict']) =>
  ATTACKS.filter((attack) => attack.verdict === verdict).map((attack) => [title(attack), attack] as const);

describe('the policy alone', () => {
  it.each(rows('refused'))('rejects with reason and alternative: %s', (_, attack) => {
    const { rejections } = parseRequest(asRequest(attack));
    expect(rejections).not.toEqual([]);
    for (const { field, reason, suggestion, option } of rejections) {
      expect(field).toMatch(/^(inputs\[0\]\.options\[\d+\]|options\[\d+\]|filters\[0\])$/);
      expect(option.length).toBeLessThanOrEqual(100);
      for (const text of [reason, suggestion]) {
        expect(text).toMatch(/^\S.{5,}/);
        expect(text).not.toMatch(/[\u0000-\u001f\u202e]|undefined|\[object/);
      }
      expect(suggestion).not.toBe(reason);
    }
  });

  it.each(rows('fetched'))('replaces the name with an asset that the fetcher fetches: %s', (_, attack) => {
    const request = asRequest(attack);
    const parsed = parseRequest(request);
    expect(parsed.rejections).toEqual([]);
    expect(parsed.assets.map(({ source }) => source)).toEqual([
      { type: 'url', url: expect.stringMatching(/^http:\/\/(127\.0\.0\.2:9999\/x|user:secret@)/) },
    ]);
    const {
      commands: [args = []],
    } = previewJob(request, [null]);
    expect(argvFaults(args)).toEqual([]);
    expect(args.join(' ')).not.toContain('127.0.0.2');
  });

  it.each(rows('ignored'))('does not pass the option on to FFmpeg, and returns a warning: %s', (_, attack) => {
    const request = asRequest(attack);
    expect(parseRequest(request).rejections).toEqual([]);
    const {
      commands: [args = []],
      warnings,
    } = previewJob(request, [null]);
    const plain = previewJob({ inputs: [{ url: request.inputs[0]!.url }], outputFormat: 'mp4' }, [null]);
    expect(args.filter((arg) => !plain.commands[0]!.includes(arg) && !/^(libx264|crf|-preset)/.test(arg))).toEqual([]);
    expect(warnings.some(({ message }) => /ignored/.test(message))).toBe(true);
  });

  it.each(rows('unplanned'))('rejects the size of the frames once the command is planned: %s', (_, attack) => {
    const request = asRequest(attack);
    expect(parseRequest(request).rejections).toEqual([]);
    expect(() => previewJob(request, [null])).toThrow(/outputs frames of \d+x\d+; the limit is/);
  });

  it.each(rows('bounded'))('bounds an endless command: %s', (_, attack) => {
    const request = asRequest(attack);
    expect(parseRequest(request).rejections).toEqual([]);
    const {
      commands: [args = []],
    } = previewJob(request, [null]);
    expect(argvFaults(args)).toEqual([]);
    const ends = args.lastIndexOf('-t') > args.lastIndexOf('-i') && args.lastIndexOf('-fs') > args.lastIndexOf('-i');
    expect(ends, args.join(' ')).toBe(true);
    expect(Number(args[args.lastIndexOf('-t') + 1])).toBeLessThanOrEqual(43_200);
  });

  it('rejects the more than 250 attacks of a table with at least 12 classes', () => {
    expect(rows('refused').length).toBeGreaterThan(250);
    const classes = new Set(ATTACKS.map((attack) => attack.class));
    expect(classes.size).toBeGreaterThanOrEqual(12);
  });
});
