import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the machine runs on a battery because all its mains supplies are offline. False for a machine without a mains supply. */
export function runsOnBattery(folder = '/sys/class/power_supply'): boolean {
  const mains = list(folder).filter((name) => read(folder, name, 'type') === 'Mains');
  return mains.length > 0 && mains.every((name) => read(folder, name, 'online') === '0');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(folder: string, name: string, file: string): string {
  try {
    return readFileSync(join(folder, name, file), 'utf8').trim();
  } catch {
    return '';
  }
}
