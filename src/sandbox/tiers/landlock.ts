import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mustCountTasks, prlimitArgs } from '../cell/limits.ts';
import { MISSING_IS_HARMLESS, RANDOM_DEVICE } from '../host/random-device.ts';
import { imageProgram } from '../image/image-program.ts';
import { SandboxError } from '../sandbox-error.ts';
import { launchGated } from './gate.ts';
import { relocate, relocateArgs, unrelocate } from './relocate.ts';
import type { Exceptions, FilterFiles, LaunchSpec, Tier } from './tier.ts';

export interface LandlockTools {
  sh: string;
  setpriv: string;
  prlimit: string;
  /** Paths of the filters for `setpriv`, which cell accounts can read. */
  filters: FilterFiles;
}

/** Fontconfig reports host paths of fonts. The image contains hard links to these fonts. */
const FONTS = '/usr/share/fonts';

const EXCEPTIONS: Exceptions = {
  pid: 'no pid namespace: the filter rejects every signal instead',
  uid: 'no user namespace: as root a separate uid per slot, else the service’s uid',
  random: MISSING_IS_HARMLESS,
  exists: 'Landlock does not cover stat: a cell can learn whether a path of the host exists',
};

/**
 * Tier 2, for containers without user namespaces. Landlock blocks the file system. The filter blocks the network, signals and everything
 * else that a namespace would block. The tier adds `no_new_privs`, limits and, as root, a separate uid.
 */
export function landlockTier(tools: LandlockTools): Tier {
  return {
    name: 'landlock',
    outside: 'link',
    outputBound: 'kernel',
    exceptions: EXCEPTIONS,
    inside: relocate,
    outsideText: unrelocate,
    explain: explainLandlock,
    async launch(spec) {
      const { executed, prefix, args } = command(spec);
      return launchGated(
        {
          sh: tools.sh,
          setpriv: tools.setpriv,
          command: [
            tools.prlimit,
            ...prlimitArgs(spec.limits, { countTasks: mustCountTasks(spec) }),
            tools.setpriv,
            ...landlockArgs(tools.filters[spec.filter], spec, executed),
            ...prefix,
            ...args,
          ],
          env: cellEnvironment(spec.rootImage),
          cwd: spec.cell.output,
        },
        spec,
      );
    },
  };
}

/** Returns the environment of the program: the same as in bwrap, plus the location of the image for fontconfig. */
export function cellEnvironment(rootImage: string): Record<string, string> {
  return {
    ...{ HOME: '/tmp', PATH: '/usr/bin', LC_ALL: 'C.UTF-8', SVT_LOG: '1' },
    ...{ FONTCONFIG_SYSROOT: rootImage, FONTCONFIG_FILE: '/etc/fonts/fonts.conf' },
  };
}

/**
 * Returns the command that starts a program. A program of the image is started through the image's loader, and a program among the inputs
 * directly.
 */
export function command({ program, args, cell, rootImage }: LaunchSpec) {
  const { executed, prefix } = program.startsWith('/in/')
    ? { executed: join(cell.folder, program), prefix: [relocate(program)] }
    : imageProgram(rootImage, program);
  return { executed, prefix, args: relocateArgs(args) };
}

/**
 * Returns the arguments with the rules of Landlock, which are an allowlist. Everything else on the host is blocked, including `/proc` and
 * every other device.
 */
export function landlockArgs(
  seccompFile: string,
  { cell, rootImage, sees, randomDevice }: Pick<LaunchSpec, 'cell' | 'rootImage' | 'sees' | 'randomDevice'>,
  executed: string,
): string[] {
  const rule = (access: string, path: string) => ['--landlock-rule', `path-beneath:${access}:${path}`];
  return [
    ...['--no-new-privs', '--landlock-access', 'fs'],
    ...(sees ? sees.map((path) => join(rootImage, path)).filter((path) => existsSync(path)) : [rootImage]).flatMap(
      (path) => rule(statSync(path).isDirectory() ? 'read-file,read-dir' : 'read-file', path),
    ),
    ...rule('execute,read-file', executed),
    ...(!sees && existsSync(FONTS) ? rule('read-file,read-dir', FONTS) : []),
    ...(randomDevice ? rule('read-file', RANDOM_DEVICE) : []),
    ...rule('read-file,read-dir', cell.input),
    ...cell.executables.flatMap((name) => rule('execute', join(cell.input, name))),
    ...cell.binds.flatMap(({ path }) => rule('read-file', path)),
    ...rule('read-file,read-dir', cell.output),
    ...cell.outputs.flatMap((name) => rule('read-file,write-file,truncate', join(cell.output, name))),
    // Muxers replace a file by renaming another file. They may not create devices, pipes, sockets, links and directories.
    ...cell.directories.flatMap(({ name }) =>
      rule('read-file,read-dir,write-file,truncate,make-reg,remove-file', join(cell.output, name)),
    ),
    ...['--seccomp-filter', seccompFile],
  ];
}

function explainLandlock(error: Error): Error {
  if (/unrecognized option|landlock-access/.test(error.message)) {
    return new SandboxError(
      'this setpriv does not support Landlock',
      'Install util-linux 2.41 or later (Debian 13), or use AIRLOCK_SANDBOX=bwrap',
      { cause: error },
    );
  }
  if (/landlock/i.test(error.message) || !hasLandlock()) {
    return new SandboxError(
      `Landlock cannot be used here (${error.message})`,
      'Use Linux 5.13 or later with landlock in /sys/kernel/security/lsm, and a container runtime whose seccomp profile allows its calls (Docker 23 or later)',
      { cause: error },
    );
  }
  return error;
}

/** Whether Landlock is enabled in the kernel. Also true if this is unknown, because securityfs is not mounted. */
function hasLandlock(): boolean {
  try {
    return readFileSync('/sys/kernel/security/lsm', 'utf8').split(',').includes('landlock');
  } catch {
    return true;
  }
}
