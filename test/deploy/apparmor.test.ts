import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOrUnpack } from '../../testkit/unpack-program.ts';
import { skipNote } from '../helpers/skip-note.ts';

const PROFILE = join(import.meta.dirname, '../../deploy/apparmor/airlock');
/** The package is unpacked, because an installation would start the service that loads profiles. */
const parser = await findOrUnpack('/usr/sbin/apparmor_parser', ['apparmor']);

describe('the AppArmor profile', () => {
  const rules = readFileSync(PROFILE, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');

  it('is attached to no path, so that only programs that are started with the profile may create namespaces', () => {
    expect(rules.filter((rule) => rule.startsWith('profile '))).toEqual([
      'profile airlock flags=(attach_disconnected, mediate_deleted) {',
    ]);
  });

  it('allows the operations of bubblewrap, and no capability that applies outside of its own namespace', () => {
    for (const rule of ['userns create,', 'mount,', 'umount,', 'pivot_root,', 'network netlink raw,']) {
      expect(rules).toContain(rule);
    }
    // sys_resource is required to write max_user_namespaces of a namespace.
    expect(rules.filter((rule) => rule.startsWith('capability'))).toEqual(
      ['net_admin', 'setgid', 'setpcap', 'setuid', 'sys_admin', 'sys_resource'].map((name) => `capability ${name},`),
    );
  });

  it.skipIf(parser.missing !== null)(`compiles${skipNote(parser.missing)}`, () => {
    // Folder of the definitions that the profile includes.
    const base = join(parser.folder ?? '/', 'etc/apparmor.d');
    const args = ['-Q', '-K', '--base', base, PROFILE];
    expect(() => execFileSync(parser.path, args, { stdio: 'pipe' })).not.toThrow();
  });
});
