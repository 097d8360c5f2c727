import { describe, expect, it } from 'vitest';
import { DEFAULT_INPUTS, summarizeReach } from '../../ffmpeg/vulnerabilities/reach.ts';
import { ffmpegAdvisories } from '../../sandbox/ffmpeg/advisories.ts';
import type { FfmpegReport } from '../../sandbox/index.ts';
import { ffmpegChecks } from './doctor-ffmpeg.ts';

const NOW = new Date('2026-11-24T21:00:00Z');

const NOT_BUILT: FfmpegReport['trimmed'] = {
  ...{ state: 'not_used', source: null, checkedAt: null, attacks: null, runs: null, reason: 'not_built', detail: null },
};

function checksOf(
  version: string,
  update: Partial<FfmpegReport['update']> = {},
  trimmed: Partial<FfmpegReport['trimmed']> = {},
) {
  const current = {
    state: 'current',
    candidate: `7:${version}`,
    security: false,
    listsFrom: NOW,
    reason: null,
  } as const;
  const [build, newer, known, own, reach] = ffmpegChecks(
    {
      version: `ffmpeg version ${version} Copyright (c) 2000-2026 the FFmpeg developers`,
      package: version.startsWith('N') ? null : `7:${version}`,
      path: '/usr/bin/ffmpeg',
      since: new Date('2026-11-01T12:34:56Z'),
      update: { ...current, ...update },
      trimmed: { ...NOT_BUILT, ...trimmed },
      advisories: ffmpegAdvisories(version, version.startsWith('N') ? null : `7:${version}`),
    },
    NOW,
  );
  return { build: build!, newer: newer!, known: known!, own: own!, reach: reach! };
}

describe('the FFmpeg checks of doctor', () => {
  it('name the build, its path and the time since which it is in use', () => {
    const { build } = checksOf('7.1.5-0+deb13u1');
    expect(build).toMatchObject({
      state: 'ok',
      seen: '7:7.1.5-0+deb13u1 at /usr/bin/ffmpeg, in use since 2026-11-01 12:34',
    });
  });

  it('report an unsafe state, and the command to run, if a security update is available', () => {
    const { newer } = checksOf('7.1.4-0+deb13u1', { state: 'newer', candidate: '7:7.1.5-0+deb13u1', security: true });
    expect(newer.state).toBe('unsafe');
    expect(newer.seen).toContain('7:7.1.5-0+deb13u1 is a security update');
    expect(newer.remedy).toContain('apt-get install --only-upgrade ffmpeg');
  });

  it('warn if updates or vulnerabilities are unknown, or if the package lists are old', () => {
    expect(checksOf('7.1.5-0+deb13u1', { state: 'unknown', reason: 'this system has no apt' }).newer).toMatchObject({
      state: 'warning',
      seen: 'unknown: this system has no apt',
    });
    const listsFrom = new Date('2026-10-01T00:00:00Z');
    expect(checksOf('7.1.5-0+deb13u1', { listsFrom }).newer.state).toBe('warning');
    expect(checksOf('N-118000-g123').known).toMatchObject({
      state: 'warning',
      seen: expect.stringContaining('does not list'),
    });
  });

  it('name known vulnerabilities, and report an unsafe state only if an update fixes them', () => {
    const old = checksOf('7.1.4-0+deb13u1').known;
    expect(old).toMatchObject({ state: 'unsafe', remedy: 'Install the newest FFmpeg of your distribution' });
    expect(old.seen).toContain('CVE-2026-8461');
    const newest = checksOf('7.1.5-0+deb13u1').known;
    expect(newest).toMatchObject({ state: 'warning', seen: expect.stringContaining('CVE-2026-30997 (no fix yet)') });
  });

  it('describe the trimmed build with its source and checks, or explain why cells do not use it', () => {
    const source = '7:7.1.5-0+deb13u1';
    const used = checksOf('7.1.5', {}, { state: 'in_use', source, attacks: 212, runs: 500, reason: null });
    expect(used.own).toMatchObject({
      state: 'ok',
      seen: expect.stringContaining(`in use: built from ${source}, 212`),
    });
    expect(checksOf('7.1.5').own).toMatchObject({ state: 'ok', remedy: null });
    const off = checksOf('7.1.5', {}, { reason: 'off' });
    expect(off.own.seen).toContain('AIRLOCK_FFMPEG_BUILD');
    const rejected = checksOf(
      '7.1.5',
      {},
      { source, reason: 'rejected', detail: 'filter scale returns different frames' },
    );
    expect(rejected.own).toMatchObject({ state: 'warning', seen: 'rejected: filter scale returns different frames' });
  });

  it('state how many vulnerabilities the lists in force reach', () => {
    const { reach } = checksOf('7.1.5-0+deb13u1');
    const { readers } = summarizeReach(DEFAULT_INPUTS);
    expect(reach).toMatchObject({ name: 'FFmpeg, vulnerabilities since 2015', state: 'ok', remedy: null });
    expect(reach.seen).toContain(`${readers.known} in decoders and demuxers, ${readers.reachable} reachable`);
  });
});
