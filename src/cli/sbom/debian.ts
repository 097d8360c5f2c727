/** An installed package of the distribution, from dpkg's status file (deb-control(5)). */
export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
  /** Groups of alternative packages. One package of each group must be installed. */
  needs: string[][];
  /** Names of virtual packages that the package provides. */
  provides: string[];
}

/** Parses `/var/lib/dpkg/status` into packages by name. Skips packages that are not installed. */
export function readStatus(text: string): Map<string, DebianPackage> {
  const packages = new Map<string, DebianPackage>();
  for (const paragraph of text.split(/\n\n+/)) {
    const fields = readFields(paragraph);
    const { Package: name, Version: version, Architecture: architecture } = fields;
    if (!name || !version || !architecture || !/ installed$/.test(fields.Status ?? '')) continue;
    const needs = [fields['Pre-Depends'], fields.Depends].flatMap((list) => readRelations(list ?? ''));
    const provides = readRelations(fields.Provides ?? '').flat();
    packages.set(name, { name, version, architecture, needs, provides });
  }
  return packages;
}

/** Returns the named packages that are installed and all of their dependencies, each with its direct dependencies. */
export function withDependencies(
  installed: ReadonlyMap<string, DebianPackage>,
  names: readonly string[],
): Map<DebianPackage, DebianPackage[]> {
  const providers = new Map<string, DebianPackage>();
  for (const one of installed.values()) for (const name of one.provides) providers.set(name, one);
  const find = (name: string) => installed.get(name) ?? providers.get(name);
  const found = new Map<DebianPackage, DebianPackage[]>();
  const open = names.flatMap((name) => installed.get(name) ?? []);
  for (let one = open.pop(); one; one = open.pop()) {
    if (found.has(one)) continue;
    const needed = new Set(one.needs.flatMap((group) => group.map(find).find((other) => other !== undefined) ?? []));
    found.set(one, [...needed]);
    open.push(...needed);
  }
  return found;
}

function readFields(paragraph: string): Record<string, string | undefined> {
  const fields: Record<string, string> = {};
  for (const line of paragraph.split('\n')) {
    const [, name, value] = /^([A-Za-z-]+): (.*)$/.exec(line) ?? [];
    if (name && value !== undefined) fields[name] = value;
  }
  return fields;
}

/** Parses a list of relations into groups of package names: `a (>= 1) | b:any, c` → `[[a, b], [c]]`. */
function readRelations(list: string): string[][] {
  return list
    .split(',')
    .map((group) => group.split('|').flatMap((one) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(one)?.[1] ?? []))
    .filter((group) => group.length > 0);
}
