import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/root.ts';
import { configureArgs, LIBRARIES, OPTIONS, sourceOf } from './recipe.ts';

const script = readFileSync(join(projectRoot(), 'deploy/ffmpeg/build.sh'), 'utf8');

describe('the recipe of the trimmed FFmpeg', () => {
  it('has the libraries and options of deploy/ffmpeg/build.sh', () => {
    const libraries = /^libraries="([^"]*)"/m.exec(script)![1]!.trim().split(/\s+/);
    expect([...LIBRARIES].sort()).toEqual(libraries.sort());
    const configure = /^\.\/configure [\s\S]*?[^\\]\n/m.exec(script)![0];
    const options = [...configure.matchAll(/--(?:en|dis)able-[^\s\\]+/g)].map(([option]) => option);
    expect([...OPTIONS].sort()).toEqual(options.sort());
  });

  it('writes the version of the source into the version of the program, where Airlock reads it', () => {
    const args = configureArgs('7:7.1.5-0+deb13u1', '/build/ffmpeg', 'x64');
    expect(args).toContain('--extra-version=0+deb13u1-airlock');
    expect(sourceOf('ffmpeg version 7.1.5-0+deb13u1-airlock Copyright (c) 2000-2026')).toBe('7:7.1.5-0+deb13u1');
    expect(sourceOf('ffmpeg version 7.1.5-0+deb13u1 Copyright (c) 2000-2026')).toBeNull();
  });
});
