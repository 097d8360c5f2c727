import { constants } from 'node:os';
import { RANDOM_DEVICE } from '../host/random-device.ts';
import type { RejectedAttempt } from './attempts.ts';
import { AT_FDCWD, type Expectations, FILTERED } from './expectations.ts';

const { EACCES, ENOENT, ENOTTY } = constants.errno;
const O_WRONLY = 0o1;
/** Requests of linux/random.h. Both requests are harmless if they succeed: the first reads a number, and the second adds zero bits. */
const RNDGETENTCNT = 0x80045200;
const RNDADDTOENTCNT = 0x40045201;

/**
 * Number of bytes that getdents64(2) returns for `.`, `..` and `urandom`. Each entry has 19 bytes and the name with its zero byte, rounded
 * up to a multiple of 8.
 */
const LISTING_BYTES = 24 + 24 + 32;
/** The first descriptor that a program of a cell opens. */
const FIRST = 3;

/** Devices of every machine, and devices through which a program reaches the kernel, hardware or other programs. */
const OTHERS: Readonly<Record<string, string>> = {
  'open a device': 'null',
  'open the terminal': 'tty',
  'open the source of zeros': 'zero',
  'open the full device': 'full',
  'open the other source of random numbers': 'random',
  'open a new terminal': 'ptmx',
  'open the memory of the machine': 'mem',
  'open the log of the kernel': 'kmsg',
  'open the device of file systems in user space': 'fuse',
  'open the device of virtual machines': 'kvm',
  'open the device of network tunnels': 'net/tun',
  'open the control of loop devices': 'loop-control',
};

/**
 * Attempts on devices, which prove that the only device of a cell returns numbers and does nothing else. They must run before the cell
 * has opened a file, because they use fixed descriptor numbers.
 */
export function devices({ rejected, open, hasOwnRoot, closed }: Expectations): RejectedAttempt[] {
  const key = 'device';
  return [
    ...listing(hasOwnRoot, open),
    ...randomDevice({ rejected, open }, hasOwnRoot),
    // Not every machine has each of these devices.
    ...Object.entries(OTHERS).map(([attempt, name]) =>
      open(attempt, `/dev/${name}`, { key, errnos: { ...closed, ENOENT } }),
    ),
  ];
}

/** Lists `/dev`. A cell with its own root can list `/dev`, which contains only the device. */
function listing(hasOwnRoot: boolean, open: Expectations['open']): RejectedAttempt[] {
  const list = open('list /dev', '/dev');
  if (!hasOwnRoot) return [list];
  return [
    succeeds(list, FIRST),
    succeeds(
      {
        attempt: 'find a device other than the source of random numbers',
        ...{ call: 'getdents64', args: [FIRST, Buffer.alloc(4096), 4096] },
      },
      LISTING_BYTES,
      'device',
    ),
  ];
}

/**
 * Reads random numbers, and attempts to change the device. The kernel lets every account write to the device, and only mixes the bytes into
 * its numbers. Landlock allows only reading.
 */
function randomDevice({ rejected, open }: Pick<Expectations, 'rejected' | 'open'>, hasOwnRoot: boolean) {
  const device = hasOwnRoot ? FIRST + 1 : FIRST;
  const key = 'random';
  const opened = {
    attempt: 'open the source of random numbers',
    call: 'openat',
    args: [AT_FDCWD, RANDOM_DEVICE, 0, 0],
  };
  return [
    succeeds(opened, device, key),
    succeeds({ attempt: 'read a random number', call: 'read', args: [device, Buffer.alloc(1), 1] }, 1, key),
    rejected('read the state of the random numbers', { ENOTTY }, 'ioctl', device, RNDGETENTCNT, Buffer.alloc(4)),
    rejected('make the kernel trust written numbers', { ENOTTY }, 'ioctl', device, RNDADDTOENTCNT, Buffer.alloc(4)),
    // Only the owner of the device could make these changes, and no cell runs as the owner.
    ...[
      rejected('change the permissions of the device', FILTERED, 'fchmod', device, 0o666),
      rejected('change the times of the device', FILTERED, 'utimensat', AT_FDCWD, RANDOM_DEVICE, 0, 0),
    ].map((attempt) => ({ ...attempt, onlyInCell: true })),
    ...(hasOwnRoot
      ? []
      : [open('write random numbers', RANDOM_DEVICE, { flags: O_WRONLY, errnos: { EACCES, ENOENT } })]),
  ];
}

function succeeds(
  attempt: Pick<RejectedAttempt, 'attempt' | 'call' | 'args'>,
  result: number,
  key?: string,
): RejectedAttempt {
  const { attempt: name, call, args } = attempt;
  return {
    ...(key && { key }),
    attempt: name,
    expected: String(result),
    call,
    args,
    passes: (seen) => seen === result,
  };
}
