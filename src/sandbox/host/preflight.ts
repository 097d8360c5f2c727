import { readFileSync } from 'node:fs';
import { SandboxError } from '../sandbox-error.ts';
import { findProgram, runTool } from './commands.ts';

/** Returns the absolute path of a tool that a tier needs. Throws a `SandboxError` that names the tool's Debian package. */
export function required(program: string, debianPackage: string): string {
  const path = findProgram(program);
  if (path) return path;
  throw new SandboxError(`${program} is missing`, `Install it: apt-get install ${debianPackage}`);
}

/**
 * Adds the remedy to an error from bwrap. Each mechanism that forbids user namespaces has its own remedy.
 * @param proc folder from which kernel settings and this process's AppArmor profile are read
 */
export function explainNamespaces(error: Error, proc = '/proc'): Error {
  if (/Function not implemented/i.test(error.message)) {
    const remedy =
      'Allow openat2: remove RestrictSUIDSGID from a systemd unit, or use deploy/docker/seccomp-worker.json in a container';
    return forbidden('a system call that bubblewrap needs is blocked here', remedy, error);
  }
  if (!/user namespace|namespace|uid map|Operation not permitted|Permission denied|No space left/i.test(error.message))
    return error;
  const flag = (path: string) => readFlag(`${proc}/sys/${path}`);
  if (flag('kernel/unprivileged_userns_clone') === 0) {
    return forbidden('the kernel forbids user namespaces', 'Set the sysctl kernel.unprivileged_userns_clone=1', error);
  }
  if (flag('user/max_user_namespaces') === 0) {
    return forbidden('the kernel allows no user namespaces', 'Set the sysctl user.max_user_namespaces=10000', error);
  }
  const profile = appArmorProfile(proc);
  if (profile === null && flag('kernel/apparmor_restrict_unprivileged_userns') === 1) {
    const remedy =
      'Load deploy/apparmor/airlock and start Airlock under it, for example with aa-exec -p airlock -- ./airlock up (docs/operate/service.md), or set the sysctl kernel.apparmor_restrict_unprivileged_userns=0';
    return forbidden(
      'AppArmor forbids user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)',
      remedy,
      error,
    );
  }
  if (profile !== null && profile !== APPARMOR_PROFILE) {
    const remedy = 'Load deploy/apparmor/airlock and start Airlock under it: in Docker security_opt apparmor=airlock';
    return forbidden(`the AppArmor profile ${profile} forbids user namespaces`, remedy, error);
  }
  const remedy =
    'In a container, start it with a seccomp profile that allows clone, unshare, mount, umount2, pivot_root and setns';
  return forbidden('user namespaces cannot be created here', remedy, error);
}

/** Name of the profile in `deploy/apparmor`. */
const APPARMOR_PROFILE = 'airlock';

/** Returns the enforced profile of this process. Null if the process is unconfined, in complain mode, or without AppArmor. */
function appArmorProfile(proc: string): string | null {
  for (const path of ['self/attr/apparmor/current', 'self/attr/current']) {
    try {
      return /^(.*\S) \(enforce\)\n?$/.exec(readFileSync(`${proc}/${path}`, 'utf8'))?.[1] ?? null;
    } catch {
      // The kernel is older, or uses another security module.
    }
  }
  return null;
}

function forbidden(reason: string, remedy: string, cause: Error): SandboxError {
  return new SandboxError(`${reason} (${cause.message})`, remedy, { cause });
}

function readFlag(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Returns the version of an installed package of the distribution. Null without dpkg, or if the package is not installed. */
export async function packageVersion(name: string): Promise<string | null> {
  const dpkg = findProgram('dpkg-query');
  if (!dpkg) return null;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query, not of JavaScript
  const { code, stdout } = await runTool(dpkg, ['-W', '-f', '${Version}', name]);
  return code === 0 && stdout ? stdout.trim() : null;
}
