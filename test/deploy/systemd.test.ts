import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import { readProfile } from './docker-seccomp.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/systemd');
const ANALYZE = '/usr/bin/systemd-analyze';
/**
 * Maximum exposure level of each unit, on a scale from 0 to 10. systemd rates levels up to 4.9 as OK or better. The worker has a higher
 * level, because it needs what bubblewrap uses to make cells.
 */
const EXPOSURE: Record<string, number> = { api: 1.3, gateway: 1.3, worker: 2.8 };

/** Returns the directives of a unit. A directive that occurs several times has all of its values. */
function readUnit(role: string): Map<string, string[]> {
  const unit = new Map<string, string[]>();
  for (const line of readFileSync(join(FOLDER, `airlock-${role}.service`), 'utf8').split('\n')) {
    if (line === '' || /^[#[]/.test(line)) continue;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line)!;
    unit.set(name!, [...(unit.get(name!) ?? []), value!]);
  }
  return unit;
}

const FOR_ALL = {
  NoNewPrivileges: 'yes',
  CapabilityBoundingSet: '',
  AmbientCapabilities: '',
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  PrivateTmp: 'yes',
  PrivateDevices: 'yes',
  DevicePolicy: 'closed',
  ProtectKernelTunables: 'yes',
  ProtectKernelModules: 'yes',
  ProtectKernelLogs: 'yes',
  ProtectClock: 'yes',
  ProtectProc: 'invisible',
  RestrictRealtime: 'yes',
  LockPersonality: 'yes',
  RemoveIPC: 'yes',
  UMask: '0077',
  SystemCallArchitectures: 'native',
  SystemCallErrorNumber: 'EPERM',
  StateDirectoryMode: '0700',
  RestartPreventExitStatus: '78',
  IPAddressDeny: 'link-local multicast',
};

const note = skipNote(!existsSync(ANALYZE) && 'systemd-analyze is not installed');

describe('the units for systemd', () => {
  const roles = ['api', 'gateway', 'worker'];

  it('exist once for each role', () => {
    const units = readdirSync(FOLDER).filter((name) => name.endsWith('.service'));
    expect(units.sort()).toEqual(roles.map((role) => `airlock-${role}.service`));
  });

  it.each(roles)('drop every privilege that can be dropped: %s', (role) => {
    const unit = readUnit(role);
    for (const [name, value] of Object.entries(FOR_ALL)) expect([name, unit.get(name)]).toEqual([name, [value]]);
    expect(unit.get('SystemCallFilter')![0]).toMatch(/^@system-service/);
    const accounts = readFileSync(join(FOLDER, 'airlock.sysusers'), 'utf8');
    expect(unit.get('User')).toEqual([`airlock-${role}`]);
    expect(accounts).toMatch(new RegExp(`^u airlock-${role} .* /usr/sbin/nologin$`, 'm'));
    // No role can read the data folder of another role.
    for (const other of roles.filter((name) => name !== role)) {
      expect(unit.get('InaccessiblePaths')![0]).toContain(`/var/lib/airlock-${other}`);
    }
  });

  it('allow only the worker to use namespaces, mounts and control groups', () => {
    for (const role of ['api', 'gateway']) {
      const unit = readUnit(role);
      const kept = [
        'RestrictNamespaces',
        'ProtectControlGroups',
        'ProtectHostname',
        'PrivateUsers',
        'RestrictSUIDSGID',
      ];
      for (const name of kept) {
        expect([role, name, unit.get(name)]).toEqual([role, name, ['yes']]);
      }
      expect(unit.get('SystemCallFilter')![1]).toContain('@privileged');
    }
    const worker = readUnit('worker');
    expect(worker.get('RestrictNamespaces')).toEqual(['user mnt pid net ipc uts cgroup']);
    expect(worker.get('Delegate')).toEqual(['yes']);
    expect(worker.get('RestrictAddressFamilies')![0]).toContain('AF_NETLINK');
  });

  // These settings are needed. With other values, a live systemd ended every cell or the worker.
  it('allow the worker the system calls that bubblewrap needs', () => {
    const worker = readUnit('worker');
    // RestrictSUIDSGID would reject openat2 with ENOSYS.
    expect(worker.has('RestrictSUIDSGID')).toBe(false);
    // bubblewrap writes max_user_namespaces of its own namespace, which ProtectKernelTunables makes read-only.
    expect(worker.get('ReadWritePaths')).toEqual(['/proc/sys/user']);
    // The kernel kills a cell that runs out of memory, and this must not end the worker.
    expect(worker.get('OOMPolicy')).toEqual(['continue']);
    expect(worker.get('DelegateSubgroup')).toEqual(['service']);
  });

  it('can run at the same time, because no two of them use the same port', () => {
    const ports = roles.map(
      (role) =>
        readUnit(role)
          .get('Environment')!
          .find((value) => value.startsWith('AIRLOCK_METRICS_PORT')) ?? '9464',
    );
    // The gateway has no metrics port.
    expect(ports).toEqual(['9464', '9464', 'AIRLOCK_METRICS_PORT=9465']);
  });

  it('prevent the gateway from connecting to a database', () => {
    const gateway = readUnit('gateway');
    expect(gateway.get('RestrictAddressFamilies')).toEqual(['AF_INET AF_INET6 AF_UNIX']);
    expect(gateway.get('InaccessiblePaths')![0]).toContain('/run/postgresql');
  });

  it("give access to the gateway's socket only to the API and the worker", () => {
    const gateway = readUnit('gateway');
    expect(gateway.get('Environment')).toContain('AIRLOCK_STORAGE_SOCKET=/run/airlock-storage/storage.sock');
    expect(gateway.get('RuntimeDirectory')).toEqual(['airlock-storage']);
    expect(gateway.get('RuntimeDirectoryMode')).toEqual(['0750']);
    for (const role of ['api', 'worker']) {
      expect(readUnit(role).get('SupplementaryGroups')).toEqual(gateway.get('Group'));
    }
  });

  describe.skipIf(!existsSync(ANALYZE))(`as systemd reads them${note}`, () => {
    const analyze = (...args: string[]) =>
      execFileSync(ANALYZE, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', SYSTEMD_COLORS: '0' } });

    it('contain no unknown directive and no invalid value', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'airlock-units-'));
      try {
        // systemd requires that the program of a unit exists. The path in the units does not exist on this machine.
        for (const role of roles) {
          const unit = readFileSync(join(FOLDER, `airlock-${role}.service`), 'utf8');
          await writeFile(
            join(folder, `airlock-${role}.service`),
            unit.replace('=/usr/bin/node ', `=${process.execPath} `),
          );
        }
        const units = roles.map((role) => join(folder, `airlock-${role}.service`));
        const args = ['verify', '--man=no', '--recursive-errors=no', ...units];
        const { status, stderr } = spawnSync(ANALYZE, args, { encoding: 'utf8' });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it.each(roles)('have no higher exposure level than expected: %s', (role) => {
      const report = analyze('security', '--offline=true', '--no-pager', join(FOLDER, `airlock-${role}.service`));
      const exposure = Number(/exposure level for .*: ([\d.]+)/.exec(report)![1]);
      expect(exposure, report).toBeLessThanOrEqual(EXPOSURE[role]!);
    });

    it('allow the worker the system calls of bubblewrap, and no role a call that circumvents the filter', () => {
      const sets = readSets(analyze('syscall-filter', '--no-pager'));
      const allowed = (role: string) => {
        const names = new Set<string>();
        for (const line of readUnit(role).get('SystemCallFilter')!) {
          const drop = line.startsWith('~');
          for (const word of line
            .replace('~', '')
            .split(' ')
            .flatMap((name) => expand(sets, name))) {
            if (drop) names.delete(word);
            else names.add(word);
          }
        }
        return names;
      };
      const bubblewrap = readProfile().syscalls.find((rule) => rule.names.includes('mount'))!.names;
      const worker = allowed('worker');
      expect([...bubblewrap, 'prctl', 'prlimit64', 'capset', 'seccomp'].filter((name) => !worker.has(name))).toEqual(
        [],
      );
      const past = ['bpf', 'ptrace', 'keyctl', 'init_module', 'kexec_load', 'perf_event_open', 'swapon', 'reboot'];
      expect(past.filter((name) => worker.has(name))).toEqual([]);
      for (const role of ['api', 'gateway']) {
        const names = allowed(role);
        expect(['openat', 'epoll_wait', 'clone'].filter((name) => !names.has(name))).toEqual([]);
        expect([...past, 'mount', 'pivot_root', 'chroot', 'setuid'].filter((name) => names.has(name))).toEqual([]);
      }
    });
  });
});

function readSets(text: string): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('@')) {
      current = [];
      sets.set(line.trim(), current);
    } else if (/^ +[@\w]/.test(line)) current.push(line.trim());
  }
  return sets;
}

function expand(sets: Map<string, string[]>, name: string): string[] {
  return name.startsWith('@') ? (sets.get(name) ?? []).flatMap((member) => expand(sets, member)) : [name];
}
