import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runsOnBattery } from './battery.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-battery-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function add(name: string, type: string, online: string): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'type'), `${type}\n`);
  writeFileSync(join(folder, name, 'online'), `${online}\n`);
}

describe('a machine', () => {
  it('runs on its battery if it has mains supplies, and none is online', () => {
    add('BAT0', 'Battery', '1');
    add('AC', 'Mains', '0');
    expect(runsOnBattery(folder)).toBe(true);
    add('ADP1', 'Mains', '1');
    expect(runsOnBattery(folder)).toBe(false);
  });

  it('does not run on a battery if it has no mains supply, such as a server', () => {
    expect(runsOnBattery(folder)).toBe(false);
    add('BAT0', 'Battery', '1');
    expect(runsOnBattery(folder)).toBe(false);
    expect(runsOnBattery(join(folder, 'missing'))).toBe(false);
  });
});
