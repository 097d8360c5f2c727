import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustCountTasks, prlimitArgs } from '../cell/limits.ts';
import { imageProgram } from '../image/image-program.ts';
import { SandboxError } from '../sandbox-error.ts';
import { launchGated } from './gate.ts';
import { relocate, relocateArgs, unrelocate } from './relocate.ts';
import type { Exceptions, LaunchSpec, Tier } from './tier.ts';

export interface LandlockTools {
  sh: string;
  setpriv: string;
  prlimit: string;
  /** The filter's `setpriv` variant, readable by the accounts of the cells. */
  seccompFile: string;
}

/** Fontconfig names fonts by their place on the host, where the image's fonts are linked from. */
const FONTS = '/usr/share/fonts';

const EXCEPTIONS: Exceptions = {
  pid: 'no pid namespace: the filter refuses every signal instead',
  uid: 'no user namespace: as root a uid of its own for each slot, else the service’s own',
  exists: 'Landlock does not cover stat: whether a path of the host exists can be learnt',
};

/**
 * Tier 2, for containers without user namespaces: Landlock closes the file system, the filter closes the network,
 * signals and everything else that a namespace would; `no_new_privs`, limits, and as root a uid of its own.
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
            ...landlockArgs(tools.seccompFile, spec, executed),
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

/** What the program sees of the environment; the same as in bwrap, and where fontconfig finds the image. */
export function cellEnvironment(rootImage: string): Record<string, string> {
  return {
    ...{ HOME: '/tmp', PATH: '/usr/bin', LC_ALL: 'C.UTF-8', SVT_LOG: '1' },
    ...{ FONTCONFIG_SYSROOT: rootImage, FONTCONFIG_FILE: '/etc/fonts/fonts.conf' },
  };
}

/** Starts a program of the image through the image's loader, and one of the inputs directly. */
export function command({ program, args, cell, rootImage }: LaunchSpec) {
  const { executed, prefix } = program.startsWith('/in/')
    ? { executed: join(cell.folder, program), prefix: [relocate(program)] }
    : imageProgram(rootImage, program);
  return { executed, prefix, args: relocateArgs(args) };
}

/** Everything that is not named here is closed: all of the host, `/proc` and `/dev` included. */
export function landlockArgs(
  seccompFile: string,
  { cell, rootImage }: Pick<LaunchSpec, 'cell' | 'rootImage'>,
  executed: string,
): string[] {
  const rule = (access: string, path: string) => ['--landlock-rule', `path-beneath:${access}:${path}`];
  return [
    ...['--no-new-privs', '--landlock-access', 'fs'],
    ...rule('read-file,read-dir', rootImage),
    ...rule('execute,read-file', executed),
    ...(existsSync(FONTS) ? rule('read-file,read-dir', FONTS) : []),
    ...rule('read-file,read-dir', cell.input),
    ...cell.executables.flatMap((name) => rule('execute', join(cell.input, name))),
    ...cell.binds.flatMap(({ path }) => rule('read-file', path)),
    ...rule('read-file,read-dir', cell.output),
    ...cell.outputs.flatMap((name) => rule('read-file,write-file,truncate', join(cell.output, name))),
    ...['--seccomp-filter', seccompFile],
  ];
}

function explainLandlock(error: Error): Error {
  if (/unrecognized option|landlock-access/.test(error.message)) {
    return new SandboxError(
      'this setpriv knows no Landlock',
      'Install util-linux 2.41 or newer (Debian 13), or use AIRLOCK_SANDBOX=bwrap',
      { cause: error },
    );
  }
  if (/landlock/i.test(error.message) || !hasLandlock()) {
    return new SandboxError(
      `Landlock cannot be used here (${error.message})`,
      'Use a kernel of 5.13 or newer with landlock in /sys/kernel/security/lsm, and a container runtime whose seccomp profile allows its calls (Docker 23 or newer)',
      { cause: error },
    );
  }
  return error;
}

/** True also where securityfs is not mounted: then only trying shows it. */
function hasLandlock(): boolean {
  try {
    return readFileSync('/sys/kernel/security/lsm', 'utf8').split(',').includes('landlock');
  } catch {
    return true;
  }
}
