import { describe, expect, it } from 'vitest';
import { readStatus, withDependencies } from './debian.ts';

const STATUS = `Package: ffmpeg
Status: install ok installed
Architecture: amd64
Version: 7:7.1.5-0+deb13u1
Depends: libavcodec61 (= 7:7.1.5-0+deb13u1), libsdl2-2.0-0 (>= 2.0.12) | libsdl3, awk
Description: Tools
 Depends: libnotafield

Package: libavcodec61
Status: install ok installed
Architecture: amd64
Version: 7:7.1.5-0+deb13u1
Pre-Depends: libc6:any

Package: mawk
Status: install ok installed
Architecture: amd64
Version: 1.3.4
Provides: awk

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.41
Depends: ffmpeg

Package: libsdl3
Status: deinstall ok config-files
Architecture: amd64
Version: 3

Package: unrelated
Status: install ok installed
Architecture: all
Version: 1
`;

describe('a status file of dpkg', () => {
  it('yields the installed packages, but no removed package', () => {
    expect([...readStatus(STATUS).keys()]).toEqual(['ffmpeg', 'libavcodec61', 'mawk', 'libc6', 'unrelated']);
    expect(readStatus('')).toEqual(new Map());
  });

  it('yields the dependencies of a package by name, alternative and virtual package', () => {
    const found = withDependencies(readStatus(STATUS), ['ffmpeg', 'absent']);
    const names = [...found].map(([one, needs]) => [one.name, needs.map(({ name }) => name)]);
    expect(Object.fromEntries(names)).toEqual({
      ffmpeg: ['libavcodec61', 'mawk'],
      libavcodec61: ['libc6'],
      mawk: [],
      libc6: ['ffmpeg'],
    });
  });
});
