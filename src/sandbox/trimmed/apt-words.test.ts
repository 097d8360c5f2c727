import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aptConfiguration } from './apt-sources.ts';

describe('apt', () => {
  it.skipIf(!existsSync('/usr/bin/apt-config'))(
    'reads the words of this build for "no" as no, and the usual words for "yes" as yes',
    () => {
      const read = (word: string) =>
        execFileSync('/usr/bin/apt-config', ['-o', `A::B=${word}`, 'shell', 'X', 'A::B/b'], {
          encoding: 'utf8',
        }).trim();
      for (const word of ['no', 'false', 'without', 'off', 'disable', '0', 'No', 'OFF'])
        expect(read(word), word).toBe("X='false'");
      for (const word of ['yes', 'true', 'with', 'on', 'enable', '1', 'YES', '01'])
        expect(read(word), word).toBe("X='true'");
    },
  );

  it.skipIf(!existsSync('/usr/bin/apt-config'))(
    'trusts no unsigned archive with the configuration of a build, regardless of the options of the machine',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'airlock-apt-'));
      try {
        const insecure = ['APT::Get::AllowUnauthenticated', 'Acquire::AllowInsecureRepositories'];
        const others = ['Acquire::AllowWeakRepositories', 'Acquire::AllowDowngradeToInsecureRepositories'];
        const names = [...insecure, ...others, 'APT::Get::Force-Yes', 'APT::Authentication::TrustCDROM'];
        const machine = names.flatMap((name) => [`${name} "1";`, `Binary::apt-config::${name} "on";`]);
        writeFileSync(join(folder, 'machine.conf'), machine.join('\n'));
        writeFileSync(join(folder, 'build.conf'), aptConfiguration(join(folder, 'build')));
        const read = (options: string[]) =>
          execFileSync(
            '/usr/bin/apt-config',
            [...options, 'shell', ...names.flatMap((name, i) => [`V${i}`, `${name}/b`])],
            {
              encoding: 'utf8',
              env: { ...process.env, APT_CONFIG: join(folder, 'machine.conf') },
            },
          );
        expect(read([]).match(/'true'/g)).toHaveLength(names.length);
        expect(read(['-c', join(folder, 'build.conf')]).match(/'false'/g)).toHaveLength(names.length);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
