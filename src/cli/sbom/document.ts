import type { DebianPackage } from './debian.ts';

/** A component of CycloneDX 1.5, reduced to the fields that this document uses. */
interface Component {
  'bom-ref': string;
  type: string;
  name: string;
  version?: string;
  purl?: string;
}

interface Dependency {
  ref: string;
  dependsOn: string[];
}

/** The contents of dist/sbom.json, which scripts/build-sbom.mjs writes. */
export interface NpmPackages {
  component: Component;
  components: Component[];
  dependencies: Dependency[];
}

/** The components that this machine adds to the npm packages. */
export interface MachinePackages {
  /** The distribution. Null if dpkg lists no packages. */
  system: { id: string; version: string } | null;
  /** Packages with their direct dependencies. */
  debian: ReadonlyMap<DebianPackage, readonly DebianPackage[]>;
  /** Names of the packages that Airlock runs itself. */
  programs: readonly string[];
  /**
   * Programs that no package installed. `source` is the version of the source package from which a program was built, or null if it is
   * unknown.
   */
  others: readonly { name: string; version: string; source: DebianPackage['version'] | null }[];
}

/** Returns the document that `./airlock sbom` prints: CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/). */
export function sbomDocument(npm: NpmPackages, machine: MachinePackages, made: { id: string; time: Date }): object {
  const { system, debian, programs, others } = machine;
  const refOf = (one: DebianPackage) => debianUrl(one.name, one.version, system, one.architecture);
  const packages = [...debian.keys()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const added: Component[] = [
    ...(system
      ? [{ 'bom-ref': `system:${system.id}`, type: 'operating-system', name: system.id, version: system.version }]
      : []),
    ...packages.map((one) => ({
      'bom-ref': refOf(one),
      type: programs.includes(one.name) ? 'application' : 'library',
      name: one.name,
      version: one.version,
      purl: refOf(one),
    })),
    ...others.map(({ name, version, source }) => {
      const purl = source ? debianUrl(name, source, system, 'source') : `pkg:generic/${name}@${encodeVersion(version)}`;
      return { 'bom-ref': purl, type: 'application', name, version, purl };
    }),
  ];
  const root = npm.component['bom-ref'];
  const used = added.filter(({ type }) => type !== 'library').map((one) => one['bom-ref']);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${made.id}`,
    version: 1,
    metadata: { timestamp: made.time.toISOString(), component: npm.component },
    components: [...npm.components, ...added],
    dependencies: [
      ...npm.dependencies.map((one) => (one.ref === root ? { ...one, dependsOn: [...one.dependsOn, ...used] } : one)),
      ...packages.map((one) => ({ ref: refOf(one), dependsOn: debian.get(one)!.map(refOf) })),
    ],
  };
}

/** Returns a package URL of the type `deb` (https://github.com/package-url/purl-spec). */
function debianUrl(name: string, version: string, system: MachinePackages['system'], architecture: string): string {
  const id = system?.id ?? 'debian';
  const distribution = system ? `&distro=${id}-${encodeURIComponent(system.version)}` : '';
  return `pkg:deb/${id}/${encodeURIComponent(name)}@${encodeVersion(version)}?arch=${architecture}${distribution}`;
}

/** Encodes a version for a package URL, in which a colon needs no escape. */
function encodeVersion(version: string): string {
  return encodeURIComponent(version).replaceAll('%3A', ':');
}
