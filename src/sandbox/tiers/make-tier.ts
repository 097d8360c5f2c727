import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { required } from '../host/preflight.ts';
import { type SeccompVariant, seccompFilter } from '../seccomp/filter.ts';
import { FILTER_NAMES, FILTERS, type FilterName } from '../seccomp/policies.ts';
import type { SandboxTier } from '../types.ts';
import { bwrapTier } from './bwrap.ts';
import { gvisorTier } from './gvisor.ts';
import { landlockTier } from './landlock.ts';
import { noneTier } from './none.ts';
import type { FilterFiles, Tier } from './tier.ts';

/**
 * Finds a tier's programs and writes its filters into `folder`. Throws a `SandboxError` that names the package of the first missing
 * program. Does not check that the tier works on this machine, which is the task of the self-test.
 */
export async function makeTier(name: SandboxTier, folder: string): Promise<Tier> {
  const prlimit = required('prlimit', 'util-linux');
  const gate = { sh: required('sh', 'dash'), setpriv: required('setpriv', 'util-linux') };
  if (name === 'bwrap') {
    const bwrap = required('bwrap', 'bubblewrap');
    return bwrapTier({ ...gate, bwrap, prlimit, filters: await writeFilters(folder, 'bwrap', 0o600) });
  }
  if (name === 'landlock') {
    // The cell's account runs setpriv, which reads this file.
    return landlockTier({ ...gate, prlimit, filters: await writeFilters(folder, 'setpriv', 0o644) });
  }
  if (name === 'gvisor') return gvisorTier({ ...gate, runsc: required('runsc', 'runsc') });
  return noneTier({ ...gate, prlimit });
}

async function writeFilters(folder: string, variant: SeccompVariant, mode: number): Promise<FilterFiles> {
  const files = FILTER_NAMES.map((name) => [name, join(folder, `${name}.bpf`)] as const);
  for (const [name, path] of files) {
    await writeFile(path, seccompFilter(process.arch, variant, FILTERS[name]), { mode });
  }
  return Object.fromEntries(files) as Record<FilterName, string>;
}
