import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../../../test/helpers/skip-note.ts';
import { FFMPEG_ADVISORIES, ffmpegAdvisories } from './advisories.ts';
import { compareDebianVersions } from './debian-version.ts';

const names = (list: readonly { cve: string }[]) => list.map(({ cve }) => cve).sort();

const note = skipNote(!existsSync('/usr/bin/dpkg') && 'needs dpkg');

describe('known vulnerabilities of an FFmpeg build', () => {
  it('are open in an old package, and fixed from the package version with the fix on', () => {
    const old = ffmpegAdvisories('ffmpeg version 7.1.1-1 Copyright', '7:7.1.1-1');
    expect(names(old.fixed)).toEqual(['CVE-2025-0518']);
    expect(names(old.open)).toContain('CVE-2026-8461');
    const fourth = ffmpegAdvisories('ffmpeg version 7.1.4-0+deb13u1 Copyright', '7:7.1.4-0+deb13u1');
    expect(names(fourth.open)).toEqual(['CVE-2026-30997', 'CVE-2026-8461']);
    const fifth = ffmpegAdvisories('ffmpeg version 7.1.5-0+deb13u1 Copyright', '7:7.1.5-0+deb13u1');
    expect(names(fifth.open)).toEqual(['CVE-2026-30997']);
  });

  it('are determined by the package version if there is one, because a distribution backports fixes without a new release', () => {
    const report = ffmpegAdvisories('ffmpeg version 7.1.1', '7:7.1.5-0+deb13u2');
    expect(names(report.fixed)).toContain('CVE-2026-8461');
  });

  it('are determined by the release version of a custom build', () => {
    expect(names(ffmpegAdvisories('ffmpeg version 7.1.5-0+deb13u1-airlock Copyright', null).open)).toEqual([
      'CVE-2026-30997',
    ]);
    expect(names(ffmpegAdvisories('ffmpeg version n8.1.1 Copyright', null).open)).toEqual(['CVE-2026-8461']);
    expect(names(ffmpegAdvisories('8.1.2', null).open)).toEqual([]);
  });

  it.each(['ffmpeg version N-118000-g1234567 Copyright', 'ffmpeg version git-2026-11-01', '', 'ffmpeg version 9.2'])(
    'are reported as unknown for %j, not as "none"',
    (version) => {
      const report = ffmpegAdvisories(version, null);
      expect(report.unknown).toHaveLength(FFMPEG_ADVISORIES.length);
      expect([...report.open, ...report.fixed]).toEqual([]);
    },
  );

  it('each have a CVE number, a component, a source, and fixed versions that match their release line', () => {
    expect(new Set(names(FFMPEG_ADVISORIES)).size).toBe(FFMPEG_ADVISORIES.length);
    for (const { cve, what, fixed, debian13, source } of FFMPEG_ADVISORIES) {
      expect(cve).toMatch(/^CVE-20\d\d-\d{4,}$/);
      expect([what.length, source.length].every((length) => length > 10)).toBe(true);
      for (const [line, release] of Object.entries(fixed)) expect(release.startsWith(line)).toBe(true);
      if (debian13) expect(debian13).toContain(fixed['7.1']);
    }
  });
});

describe('compareDebianVersions', () => {
  const rising = [
    ...['0', '1~~', '1~~a', '1~', '1', '1a', '1+b', '1.0', '1.0+dfsg', '1.2', '1.10', '7:5.1.7-0+deb12u1', '7:7.1-4'],
    ...['7:7.1.1-1', '7:7.1.1-1+b1', '7:7.1.2~rc1-1', '7:7.1.2-0+deb13u1', '7:7.1.2-1', '7:7.1.10-1', '8:1'],
  ];

  it('sorts as dpkg does', () => {
    for (const [i, a] of rising.entries()) {
      for (const [j, b] of rising.entries())
        expect([a, b, Math.sign(compareDebianVersions(a, b))]).toEqual([a, b, Math.sign(i - j)]);
    }
  });

  it.skipIf(!existsSync('/usr/bin/dpkg'))(`agrees with the installed dpkg${note}`, () => {
    for (const [index, a] of rising.slice(1).entries()) {
      execFileSync('/usr/bin/dpkg', ['--compare-versions', rising[index]!, 'lt', a]);
    }
  });
});
