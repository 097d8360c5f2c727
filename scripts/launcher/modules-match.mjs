// Exits with 0 if node_modules matches package-lock.json on this machine, otherwise with 1. Compares npm's own record of its installation.
// Packages for other machines may be missing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

function fits(list, value) {
  if (!list) return true;
  return list.includes(`!${value}`) ? false : list.every((entry) => entry.startsWith('!')) || list.includes(value);
}

const wanted = Object.entries(packagesOf('package-lock.json')).filter(([path]) => path !== '');
const installed = packagesOf('node_modules/.package-lock.json');
const isHere = ({ os, cpu, libc }) => fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc');
// Whether a package may be missing. If an optional package has no `os` and no `cpu`, a package with `os` or `cpu` depends on it, and npm
// omits both together.
const mayLack = (entry) => Boolean(entry.optional) && (!(entry.os || entry.cpu) || !isHere(entry));
const matches =
  wanted.length > 0 &&
  wanted.every(([path, entry]) => {
    const found = installed[path];
    if (!found) return mayLack(entry);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
process.exit(matches ? 0 : 1);
