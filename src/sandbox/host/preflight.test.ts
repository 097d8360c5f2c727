import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainNamespaces } from './preflight.ts';

const NO_MAP = new Error('bwrap: setting up uid map: Permission denied');

describe('explainNamespaces', () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'airlock-proc-'));
  });
  afterEach(() => rmSync(proc, { recursive: true, force: true }));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(proc, path)), { recursive: true });
    writeFileSync(join(proc, path), text);
  };
  const why = (error = NO_MAP) => explainNamespaces(error, proc).message;

  it('names a kernel setting, with the value that allows namespaces', () => {
    put('sys/kernel/unprivileged_userns_clone', '0\n');
    expect(why()).toContain('kernel.unprivileged_userns_clone=1');
    put('sys/kernel/unprivileged_userns_clone', '1\n');
    put('sys/user/max_user_namespaces', '0\n');
    expect(why()).toContain('user.max_user_namespaces=10000');
  });

  it('names AppArmor if it restricts namespaces, with the profile to load', () => {
    put('sys/kernel/apparmor_restrict_unprivileged_userns', '1\n');
    put('self/attr/apparmor/current', 'unconfined\n');
    expect(why()).toMatch(/AppArmor forbids user namespaces .*setting up uid map.*deploy\/apparmor\/airlock/);
    const loopback = new Error('bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted');
    expect(why(loopback)).toContain('AppArmor forbids');
    put('sys/kernel/apparmor_restrict_unprivileged_userns', '0\n');
    expect(why()).not.toContain('AppArmor');
  });

  it('names the current AppArmor profile, unless it is Airlock’s own', () => {
    put('sys/kernel/apparmor_restrict_unprivileged_userns', '1\n');
    put('self/attr/current', 'docker-default (enforce)\n');
    expect(why()).toMatch(/the AppArmor profile docker-default forbids user namespaces.*apparmor=airlock/);
    put('self/attr/current', 'airlock (enforce)\n');
    expect(why()).toContain('seccomp profile');
  });

  it('names the container if no other cause is found, or the filter that rejects a system call with ENOSYS', () => {
    expect(why()).toContain('seccomp profile that allows clone');
    expect(why(new Error("bwrap: Can't open source : Function not implemented"))).toContain('RestrictSUIDSGID');
  });

  it('returns an unrelated error unchanged', () => {
    const other = new Error('bwrap: execvp /usr/bin/ffmpeg: No such file or directory');
    expect(explainNamespaces(other, proc)).toBe(other);
  });
});
