import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { changeTrimmed, trimmedProgram } from '../../src/sandbox/trimmed/store.ts';
import { withLock } from '../../src/supervisor/file-lock.ts';

/**
 * Writes a trimmed build into a data directory, as if Airlock had built and checked it. The build is the distribution's FFmpeg with another
 * version. Returns this version.
 */
export async function prepareTrimmedBuild(dataDir: string): Promise<string> {
  const program = trimmedProgram(dataDir, { folder: 'prepared' });
  mkdirSync(dirname(program), { recursive: true, mode: 0o755 });
  const version = /ffmpeg version (\S+)/.exec(execFileSync('/usr/bin/ffmpeg', ['-version'], { encoding: 'utf8' }))![1]!;
  // Both versions have the same length, so that one can replace the other in the program.
  const changed = version.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10));
  const content = readFileSync('/usr/bin/ffmpeg');
  for (let at = content.indexOf(version); at !== -1; at = content.indexOf(version, at + 1)) content.write(changed, at);
  writeFileSync(program, content, { mode: 0o755 });
  copyFileSync('/usr/bin/ffprobe', join(dirname(program), 'ffprobe'));
  const at = '2026-11-29T12:00:00.000Z';
  const active = {
    folder: 'prepared',
    source: '99:1-1',
    recipe: 'r',
    attacks: 207,
    runs: 633,
    checkedAt: at,
    since: at,
  };
  await changeTrimmed({ dataDir, withLock }, () => ({ active }));
  return changed;
}
