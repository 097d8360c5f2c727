import { describe, expect, it } from 'vitest';
import { checkLimits } from '../cell/limits.ts';
import { bubblewrapArgs, launcherArgs } from './bwrap-arguments.ts';

const LIMITS = { memoryBytes: 2 ** 30, cpuSeconds: 1.5, wallMs: 1000, outputBytes: 10_000_000 };

describe('launcherArgs', () => {
  const space = (memoryBytes: number) =>
    launcherArgs('/usr/bin/bwrap', { ...LIMITS, memoryBytes }, '/usr/bin/ffmpeg', [])[0];

  it('leaves 2 GiB of address space above the memory limit, and never less than 4 GiB', () => {
    expect(space(2 ** 28)).toBe('--as=4294967296');
    expect(space(4 * 2 ** 30)).toBe(`--as=${6 * 2 ** 30}`);
  });

  it('rounds limits to whole numbers and passes the program’s arguments unchanged', () => {
    const args = launcherArgs('/usr/bin/bwrap', LIMITS, '/usr/bin/ffmpeg', ['-vf', 'a b;c', '']);
    expect(args).toContain('--cpu=2');
    expect(args).toContain('--core=0');
    expect(args.slice(-5)).toEqual(['--', '/usr/bin/ffmpeg', '-vf', 'a b;c', '']);
  });
});

describe('bubblewrapArgs', () => {
  const cell = {
    input: '/data dir/in',
    output: '/data dir/out',
    outputs: ['a.mp4'],
    directories: [{ name: 'tree', maxFiles: 10 }],
    binds: [{ name: '1', path: '/mnt/x' }],
  };
  const args = bubblewrapArgs({ rootImage: '/image', sees: null, randomDevice: false }, cell).toString().split('\0');

  it('terminates each argument with NUL and keeps spaces', () => {
    expect(args.pop()).toBe('');
    expect(args).toContain('/data dir/in');
    expect(args).not.toContain('');
  });

  it('mounts nothing but the image, an empty /tmp, the inputs and the outputs', () => {
    const mounts = args.flatMap((arg, at) =>
      /^--(?:ro-)?bind$|^--(?:dev|proc|tmpfs)$/.test(arg) ? [args.slice(at, at + 3)] : [],
    );
    expect(
      mounts.map(([option, from, to]) => (option === '--tmpfs' ? `${option} ${from}` : `${option} ${from} ${to}`)),
    ).toEqual([
      '--ro-bind /image /',
      '--tmpfs /tmp',
      '--ro-bind /data dir/in /in',
      '--ro-bind /data dir/out /out',
      '--bind /data dir/out/a.mp4 /out/a.mp4',
      '--bind /data dir/out/tree /out/tree',
      '--ro-bind /mnt/x /in/1',
    ]);
  });

  it('mounts the device of random numbers, and no other device, only for programs that use it', () => {
    const devices = (sees: readonly string[] | null, randomDevice: boolean) =>
      bubblewrapArgs({ rootImage: '/image', sees, randomDevice }, cell)
        .toString()
        .split('\0')
        .filter((arg) => arg.includes('dev'));
    expect([devices(null, false), devices(['/usr/bin/x'], false)]).toEqual([[], []]);
    expect(devices(null, true)).toEqual(['--dev-bind', '/dev/urandom', '/dev/urandom']);
  });

  it('unshares every namespace and drops every capability', () => {
    expect(args).toEqual(
      expect.arrayContaining(['--unshare-all', '--disable-userns', '--die-with-parent', '--new-session', '--clearenv']),
    );
    expect(args[args.indexOf('--cap-drop') + 1]).toBe('ALL');
  });
});

describe('checkLimits', () => {
  it('throws an error that names a limit that is too small or not a number', () => {
    expect(() => checkLimits(LIMITS)).not.toThrow();
    expect(() => checkLimits({ ...LIMITS, memoryBytes: 4 << 30 })).toThrow(/memoryBytes is 0/);
    expect(() => checkLimits({ ...LIMITS, wallMs: Number.NaN })).toThrow(/wallMs/);
  });
});
