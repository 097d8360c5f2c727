import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, type ProcessMark } from '../../telemetry/process-stat.ts';
import { killQuietly, markLaunched } from '../cell/processes.ts';
import { childrenOf } from '../host/proc.ts';
import { MISSING_IS_HARMLESS } from '../host/random-device.ts';
import { SandboxError } from '../sandbox-error.ts';
import { launchGated } from './gate.ts';
import { ociConfig } from './oci-config.ts';
import type { Exceptions, Launched, LaunchSpec, Tier } from './tier.ts';

export interface GvisorTools {
  sh: string;
  setpriv: string;
  runsc: string;
}

/** Milliseconds between two searches for processes of a cell. */
const SEARCH_MS = 50;

const EXCEPTIONS: Exceptions = {
  pid: 'the program is the first process of its pid namespace',
  proc: 'gVisor’s own /proc, which shows only this cell',
  sys: 'gVisor’s own /sys',
  threads: 'gVisor itself rejects more than 1024 threads and does not report it: another limit ends the cell',
  random: MISSING_IS_HARMLESS,
  device: 'gVisor’s own /dev, without the host’s devices',
};

/**
 * Tier 3, opt-in: gVisor, a kernel in user space that handles FFmpeg's system calls instead of the host's kernel. Needs root. The bundle,
 * its state and the sandbox's processes are removed with the cell.
 */
export function gvisorTier(tools: GvisorTools): Tier {
  return {
    name: 'gvisor',
    outside: 'bind',
    outputBound: 'kernel',
    exceptions: EXCEPTIONS,
    inside: (path) => path,
    outsideText: (text) => text,
    launch: (spec) => launch(tools, spec),
    explain: (error) =>
      process.geteuid?.() === 0
        ? error
        : new SandboxError('gVisor needs root here', 'Run Airlock as root, or use AIRLOCK_SANDBOX=auto', {
            cause: error,
          }),
  };
}

async function launch(tools: GvisorTools, spec: LaunchSpec): Promise<Launched> {
  const bundle = join(spec.cell.folder, 'bundle');
  const state = join(spec.cell.folder, 'state');
  for (const folder of [bundle, state]) await mkdir(folder, { mode: 0o700 });
  await writeFile(join(bundle, 'config.json'), JSON.stringify(ociConfig(spec)), { mode: 0o600 });
  const descendants = new Map<number, ProcessMark>();
  const flags = ['--network=none', '--ignore-cgroups', '--oci-seccomp', '--host-uds=none', `--root=${state}`];
  const launched = launchGated(
    {
      ...tools,
      command: [tools.runsc, ...flags, 'run', '--bundle', bundle, 'cell'],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      program: 'last child',
      killMore,
    },
    // runsc needs root to set up the sandbox. The program in the sandbox runs as the account.
    { ...spec, account: null },
  );
  const search = setInterval(find, SEARCH_MS);
  const stopSearch = (): void => clearInterval(search);
  launched.ended.then(stopSearch, stopSearch);
  return launched;

  /**
   * Finds the processes of the cell that a signal to the group would miss, because the kernel in user space and its file server have their
   * own sessions.
   */
  function find(): void {
    for (const pid of launched.launcher ? childrenOf(launched.launcher.pid) : []) {
      if (!descendants.has(pid)) descendants.set(pid, markLaunched(pid));
    }
  }

  function killMore(): void {
    for (const member of descendants.values()) if (isRunning(member)) killQuietly(member.pid);
  }
}
