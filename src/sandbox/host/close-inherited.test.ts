import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('close-inherited.ts', import.meta.url));
const SCRIPT = `
import { closeInherited, inheritedDescriptors } from ${JSON.stringify(MODULE)};
const before = inheritedDescriptors();
const closed = closeInherited();
console.log(JSON.stringify({ before, closed, after: inheritedDescriptors() }));`;

describe('closeInherited', () => {
  it('closes descriptors that a parent left open and a child would inherit, but no descriptor of Node itself', () => {
    const fd = openSync('/etc/hostname', 'r');
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT], {
      // Node itself marks the first sixteen descriptors as close-on-exec. `closeInherited` closes all other descriptors.
      stdio: ['ignore', 'pipe', 'pipe', ...Array<'ignore'>(20).fill('ignore'), fd],
      encoding: 'utf8',
    });
    expect(stdout, stderr).not.toBe('');
    const { before, closed, after } = JSON.parse(stdout);
    expect(before).toContain(23);
    expect(closed).toContain(23);
    expect(after).toEqual([]);
  });
});
