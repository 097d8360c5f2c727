import { constants } from 'node:os';
import type { RejectedAttempt, Targets } from './attempts.ts';
import type { ProbeCall } from './probe-elf.ts';

const { EPERM, EACCES, ENOSYS, ENOENT, EROFS } = constants.errno;
export const AT_FDCWD = -100;

/** Numbers of the expected errors, by name. */
export type Errnos = Readonly<Record<string, number>>;

export type Expect = (attempt: string, errnos: Errnos, call: string, ...args: ProbeCall['args']) => RejectedAttempt;

const rejectedWith: Expect = (attempt, errnos, call, ...args) => {
  const codes = Object.values(errnos);
  return {
    attempt,
    expected: Object.keys(errnos).join(' or '),
    call,
    args,
    passes: (result) => codes.includes(-result),
  };
};

const rejectedSomehow: Expect = (attempt, errnos, ...call) =>
  rejectedWith(attempt, { ...errnos, EPERM, EACCES, ENOSYS }, ...call);

/**
 * Returns how an attempt is rejected by a tier. gVisor's filter has a single error code, and rejects a call before it resolves the path.
 */
export const rejectedBy = ({ name }: Targets['tier']): Expect => (name === 'gvisor' ? rejectedSomehow : rejectedWith);

/** Expected if the filter rejects the call as if the kernel did not implement it. */
export const FILTERED: Errnos = { ENOSYS };

interface OpenOptions {
  flags?: number;
  /** Defaults to `closed`. */
  errnos?: Errnos;
  key?: string;
}

/** The results that a tier's cells return for the same attempts. The results depend on whether a cell has its own root. */
export interface Expectations {
  rejected: Expect;
  open(attempt: string, path: string, options?: OpenOptions): RejectedAttempt;
  hasOwnRoot: boolean;
  /** Expected for a path of the host. The path is missing if the cell has its own root, and forbidden otherwise. */
  closed: Errnos;
  readOnly: Errnos;
  /** Expected for writing to a host path. A file system that is read-only for the service (units, containers) rejects the write first. */
  unwritable: Errnos;
}

export function expectationsOf(tier: Targets['tier']): Expectations {
  const hasOwnRoot = tier.name === 'bwrap' || tier.name === 'gvisor';
  const closed: Errnos = hasOwnRoot ? { ENOENT } : { EACCES };
  const rejected = rejectedBy(tier);
  return {
    rejected,
    open: (attempt, path, { flags = 0, errnos = closed, key } = {}) => ({
      ...rejected(attempt, errnos, 'openat', AT_FDCWD, path, flags, 0o600),
      ...(key && { key }),
      onlyInCell: flags !== 0,
    }),
    hasOwnRoot,
    closed,
    readOnly: hasOwnRoot ? { EROFS } : { EACCES },
    unwritable: hasOwnRoot ? closed : { EACCES, EROFS },
  };
}
