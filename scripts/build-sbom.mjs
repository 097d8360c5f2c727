// Lists the npm packages of a running service, and the packages that the bundles for browsers contain, as CycloneDX: components and
// dependencies from package-lock.json. Does not use `npm sbom`, because npm 9 of Debian 13 lacks this command. `./airlock sbom` adds the
// packages that the distribution installs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** File that lists the development packages whose code the dashboard and the pages of the documentation contain. */
const BUNDLED = 'scripts/bundled-packages.json';

/** Returns the text of the document. */
export function buildSbom(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const bundled = new Set(JSON.parse(readFileSync(join(root, BUNDLED), 'utf8')));
  const own = packages[''] ?? {};
  const first = Object.keys({ ...own.dependencies, ...own.optionalDependencies }).concat([...bundled]);
  const edges = new Map([['', findPaths(packages, '', first)]]);
  const open = [...edges.get('')];
  while (open.length > 0) {
    const path = open.pop();
    if (edges.has(path)) continue;
    const needed = findPaths(packages, path, namesNeededBy(packages[path]));
    edges.set(path, needed);
    open.push(...needed);
  }
  const ref = (path) => (path === '' ? `airlock@${own.version}` : refOf(path, packages[path]));
  const paths = [...edges.keys()].filter((path) => path !== '');
  // A package that npm has installed in two folders becomes one component.
  const components = new Map(paths.map((path) => [ref(path), componentOf(path, packages[path])]));
  const dependencies = new Map();
  for (const [path, needed] of edges)
    dependencies.set(ref(path), new Set([...(dependencies.get(ref(path)) ?? []), ...needed.map(ref)]));
  return `${JSON.stringify({
    component: applicationOf(own),
    components: [...components.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1)),
    dependencies: [...dependencies].map(([name, needed]) => ({ ref: name, dependsOn: [...needed].sort() })),
  })}\n`;
}

function namesNeededBy({ dependencies, optionalDependencies, peerDependencies }) {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

/** Returns the folders of the packages as Node finds them from the folder `from`. An optional or peer package may be missing. */
function findPaths(packages, from, names) {
  return names.flatMap((name) => {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
      const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
      if (packages[path]) return [path];
      if (folder === '') return [];
    }
  });
}

const nameOf = (path, { name }) => name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const refOf = (path, entry) => `${nameOf(path, entry)}@${entry.version}`;

function componentOf(path, entry) {
  const name = nameOf(path, entry);
  return {
    'bom-ref': refOf(path, entry),
    type: 'library',
    name,
    version: entry.version,
    scope: entry.optional ? 'optional' : 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${entry.version}`,
    hashes: hashesOf(entry.integrity),
    ...licensesOf(entry.license),
  };
}

function applicationOf({ version, license }) {
  return {
    'bom-ref': `airlock@${version}`,
    type: 'application',
    name: 'airlock',
    version,
    purl: `pkg:npm/airlock@${version}`,
    ...licensesOf(license),
  };
}

/** Converts Subresource Integrity to CycloneDX: `sha512-<base64>` becomes SHA-512 in hexadecimal. */
function hashesOf(integrity) {
  return integrity.split(' ').map((one) => {
    const [algorithm, base64] = one.split(/-(.*)/);
    return { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(base64, 'base64').toString('hex') };
  });
}

/** Returns the license as an SPDX identifier, or as an expression such as `(MIT OR Apache-2.0)`. */
function licensesOf(license) {
  if (!license) return {};
  return { licenses: [/^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }] };
}
