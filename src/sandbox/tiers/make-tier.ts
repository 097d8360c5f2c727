import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { required } from '../host/preflight.ts';
import { seccompFilter } from '../seccomp/filter.ts';
import type { SandboxTier } from '../types.ts';
import { bwrapTier } from './bwrap.ts';
import { gvisorTier } from './gvisor.ts';
import { landlockTier } from './landlock.ts';
import { noneTier } from './none.ts';
import type { Tier } from './tier.ts';

/**
 * Finds a tier's programs and writes its filter into `folder`. Throws a `SandboxError` that names the package of the
 * first missing program. Does not check that the tier works on this machine: the self-test does.
 */
export async function makeTier(name: SandboxTier, folder: string): Promise<Tier> {
  const prlimit = required('prlimit', 'util-linux');
  const sh = required('sh', 'dash');
  const seccompFile = join(folder, 'seccomp.bpf');
  if (name === 'bwrap') {
    const bwrap = required('bwrap', 'bubblewrap');
    await writeFile(seccompFile, seccompFilter(), { mode: 0o600 });
    return bwrapTier({ bwrap, prlimit, sh, seccompFile });
  }
  const gate = { sh, setpriv: required('setpriv', 'util-linux') };
  if (name === 'landlock') {
    // setpriv reads it as the cell's account.
    await writeFile(seccompFile, seccompFilter(process.arch, 'setpriv'), { mode: 0o644 });
    return landlockTier({ ...gate, prlimit, seccompFile });
  }
  if (name === 'gvisor') return gvisorTier({ ...gate, runsc: required('runsc', 'runsc') });
  return noneTier({ ...gate, prlimit });
}
