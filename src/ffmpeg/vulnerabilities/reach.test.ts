import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_INPUTS, OWN_MUXERS, reachVulnerabilities, summarizeReach } from './reach.ts';
import { COMPONENT_KINDS, EFFECTS, VULNERABILITIES } from './vulnerabilities.ts';

const NOTHING = { decoders: [], demuxers: [] };
const find = (cve: string, inputs = DEFAULT_INPUTS) => reachVulnerabilities(inputs).find((one) => one.cve === cve);

describe('the rows of FFmpeg vulnerabilities', () => {
  it('name each CVE since 2015 once, in the order of their numbers', () => {
    const numbers = VULNERABILITIES.map(({ cve }) =>
      /^CVE-(20(?:1[5-9]|2\d))-(\d{4,7})$/.exec(cve)!.slice(1).map(Number),
    );
    const sorted = numbers.toSorted(([a, b], [c, d]) => a! - c! || b! - d!);
    expect(numbers).toEqual(sorted);
    expect(new Set(VULNERABILITIES.map(({ cve }) => cve)).size).toBe(VULNERABILITIES.length);
  });

  it('use known kinds and effects, and name a component unless the kind is unknown', () => {
    const wrong = VULNERABILITIES.filter(
      ({ kind, effect, names }) =>
        !COMPONENT_KINDS.includes(kind) || !(effect in EFFECTS) || (names.length === 0) !== (kind === 'unknown'),
    );
    expect(wrong).toEqual([]);
  });

  it('name the source file as evidence of each component', () => {
    const without = VULNERABILITIES.filter(
      ({ kind, file }) => kind !== 'unknown' && !/^(lib|fftools|tools|ff)[\w/.]*$/.test(file),
    );
    expect(without).toEqual([]);
  });
});

describe('the reach of FFmpeg vulnerabilities', () => {
  it('excludes a decoder off the list, and includes it once the list contains it', () => {
    expect(find('CVE-2026-8461')).toMatchObject({ names: ['magicyuv'], reachable: false, through: [] });
    const withMagic = { ...DEFAULT_INPUTS, decoders: [...DEFAULT_INPUTS.decoders, 'magicyuv'] };
    expect(find('CVE-2026-8461', withMagic)).toMatchObject({ reachable: true, through: ['magicyuv'] });
  });

  it('includes code that several decoders share if one of them is on the list', () => {
    expect(find('CVE-2017-7863')).toMatchObject({ reachable: true, through: ['png', 'apng'] });
  });

  it('includes shared code, parsers and unknown components with every list', () => {
    const always = reachVulnerabilities(NOTHING).filter(({ kind }) => ['library', 'parser', 'unknown'].includes(kind));
    expect(always.length).toBeGreaterThan(0);
    expect(always.filter(({ reachable }) => !reachable)).toEqual([]);
  });

  it('excludes protocols, because FFmpeg may only use files and pipes', () => {
    expect(find('CVE-2016-10190')).toMatchObject({ kind: 'protocol', names: ['http'], reachable: false });
  });

  it('is summarized for the given lists', () => {
    const { readers, memoryChanging, all } = summarizeReach(DEFAULT_INPUTS);
    expect(readers.reachable).toBeGreaterThan(memoryChanging.reachable);
    expect(all.known).toBe(VULNERABILITIES.length);
    expect(summarizeReach(NOTHING).readers).toEqual({ known: readers.known, reachable: 0 });
  });

  it('knows every muxer that the code of the plans names', () => {
    const folder = join(import.meta.dirname, '..');
    const text = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(folder, path), 'utf8'))
      .join('\n');
    const named = [...text.matchAll(/'-f', '([a-z0-9]+)'/g)].map(([, name]) => name!);
    expect(named.filter((name) => !OWN_MUXERS.includes(name))).toEqual([]);
  });
});
