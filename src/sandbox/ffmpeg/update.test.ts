import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ffmpegUpdate, judgePolicy } from './update.ts';

const policy = (installed: string, candidate: string, origins: string) => `ffmpeg:
  Installed: ${installed}
  Candidate: ${candidate}
  Version table:
     ${candidate} 500
        ${origins}
 *** ${installed} 100
        100 /var/lib/dpkg/status
`;
const SECURITY = '500 http://mirror.example.com/debian-security trixie-security/main amd64 Packages';
const MAIN = '500 http://mirror.example.com/debian trixie/main amd64 Packages';

describe('a newer FFmpeg in the distribution', () => {
  it('is reported, including whether it is a security update', () => {
    const text = policy('7:7.1.4-0+deb13u1', '7:7.1.5-0+deb13u1', SECURITY);
    expect(judgePolicy(text, '7:7.1.4-0+deb13u1')).toMatchObject({
      state: 'newer',
      candidate: '7:7.1.5-0+deb13u1',
      security: true,
    });
    expect(judgePolicy(policy('7:7.1.4-1', '7:7.1.5-1', MAIN), '7:7.1.4-1')).toMatchObject({ security: false });
  });

  it('is compared with the build that runs, not with the installed package, because a custom build also becomes outdated', () => {
    const text = policy('7:7.1.5-0+deb13u1', '7:7.1.5-0+deb13u1', MAIN).replace(/ \*\*\*.*/s, '');
    expect(judgePolicy(text, '7:7.1.5-0+deb13u1').state).toBe('current');
    expect(judgePolicy(text, '7:7.1.3-0+deb13u1').state).toBe('newer');
    expect(judgePolicy(text, null)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('not a package'),
    });
  });

  it('is reported as unknown, never as "current", if no package list contains FFmpeg', () => {
    const alone =
      'ffmpeg:\n  Installed: 7:7.1.5-1\n  Candidate: 7:7.1.5-1\n  Version table:\n *** 7:7.1.5-1 100\n        100 /var/lib/dpkg/status\n';
    for (const text of [
      '',
      'N: Unable to locate package ffmpeg\n',
      'ffmpeg:\n  Installed: (none)\n  Candidate: (none)\n',
      alone,
    ]) {
      expect(judgePolicy(text, '7:7.1.5-1')).toMatchObject({ state: 'unknown', reason: expect.any(String) });
    }
  });

  it('is determined without network access, and by asking apt again only when the state of apt has changed', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'airlock-update-'));
    try {
      const update = await ffmpegUpdate('7:0.1-1', dataDir);
      expect(['newer', 'unknown']).toContain(update.state);
      const kept = JSON.parse(readFileSync(join(dataDir, 'apt-policy.json'), 'utf8'));
      const keep = (stamp: string) =>
        writeFileSync(
          join(dataDir, 'apt-policy.json'),
          JSON.stringify({ ...kept, stamp, policy: 'Candidate: (none)' }),
        );
      keep(kept.stamp);
      expect((await ffmpegUpdate('7:0.1-1', dataDir)).state).toBe('unknown');
      keep('of before');
      expect(await ffmpegUpdate('7:0.1-1', dataDir)).toEqual(update);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
