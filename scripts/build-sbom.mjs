// Lists the npm packages of a running service, and those that the bundles for browsers contain, as CycloneDX: `npm sbom` of the lockfile.
// `./airlock sbom` adds what the distribution installs.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The list of development packages whose code the dashboard and the pages of the documentation contain. */
const BUNDLED = 'scripts/bundled-packages.json';
const HASH = 'airlock:sources:sha256';

/** Text of the document. `last` is that of the last build, which is returned if lockfile and list have not changed. */
export function buildSbom(root, last) {
  const hashed = createHash('sha256');
  for (const name of ['package-lock.json', BUNDLED]) hashed.update(readFileSync(join(root, name)));
  const hash = hashed.digest('hex');
  if (last?.includes(`"${hash}"`)) return last;
  // All packages, whatever NODE_ENV and npm's settings say: with --omit=dev npm 11 leaves out packages that both kinds need.
  const args = [
    'sbom',
    '--package-lock-only',
    '--sbom-format',
    'cyclonedx',
    '--include=dev',
    '--include=optional',
    '--no-update-notifier',
  ];
  const all = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }));
  const refs = new Map(all.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const names = JSON.parse(readFileSync(join(root, BUNDLED), 'utf8'));
  const own = refs.get(all.metadata.component['bom-ref']);
  const bundled = closure(
    own.filter((ref) => names.some((name) => ref.startsWith(`${name}@`))),
    refs,
  );
  const components = all.components.filter((one) => !isDevelopment(one) || bundled.has(one['bom-ref']));
  const kept = new Set([all.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  const document = {
    component: { ...all.metadata.component, type: 'application', name: 'airlock' },
    components,
    dependencies: all.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) })),
    properties: [{ name: HASH, value: hash }],
  };
  return `${JSON.stringify(document)}\n`;
}

const isDevelopment = ({ properties = [] }) => properties.some(({ name }) => name === 'cdx:npm:package:development');

/** The references, and everything that they need. */
function closure(first, refs) {
  const found = new Set();
  const open = [...first];
  while (open.length > 0) {
    const ref = open.pop();
    if (found.has(ref)) continue;
    found.add(ref);
    open.push(...(refs.get(ref) ?? []));
  }
  return found;
}
