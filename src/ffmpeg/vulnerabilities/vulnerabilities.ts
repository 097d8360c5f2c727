import rows from './rows.json' with { type: 'json' };

/** Date on which the rows were last compared with their sources, which `docs/security-model/ffmpeg-vulnerabilities.md` lists. */
export const VULNERABILITIES_DATE = '2026-12-06';

/**
 * Kinds of the part of FFmpeg that contains a vulnerability. `library` is code that every decoder or filter may use. `platform` is code for
 * hardware, for other processors, or for libraries that the distribution doesn't link. `unknown` means that the advisories name no part.
 */
export const COMPONENT_KINDS = [
  'decoder',
  'demuxer',
  'parser',
  'library',
  'filter',
  'encoder',
  'muxer',
  'bitstream filter',
  'protocol',
  'tool',
  'platform',
  'unknown',
] as const;
export type ComponentKind = (typeof COMPONENT_KINDS)[number];

/** Effects of a vulnerability, as the advisory or the fix states them, and what each effect means. */
export const EFFECTS = {
  write: 'Writes outside a buffer',
  reuse: 'Uses memory after it was freed, or frees it twice',
  access: 'Accesses memory outside a buffer. The advisory does not say whether it writes',
  read: 'Reads outside a buffer',
  uninitialized: 'Uses or discloses memory that was not initialized',
  integer: 'Integer overflow. The advisory names no further effect',
  race: 'Race between threads',
  null: 'Dereferences a null pointer',
  division: 'Divides by zero',
  assertion: 'Stops at an assertion',
  loop: 'Loops for a very long time',
  resource: 'Leaks or exhausts memory',
  disclosure: 'Opens other files or addresses, or trusts the wrong server',
  crash: 'Stops for another reason',
  unknown: 'The advisory names no effect',
} as const;
export type Effect = keyof typeof EFFECTS;

/** Effects that change memory, or may do so. An attacker needs such an effect to execute code. */
export const MEMORY_CHANGING: readonly Effect[] = ['write', 'reuse', 'access'];

export interface Vulnerability {
  cve: string;
  kind: ComponentKind;
  /** Names of the components that run the affected code, as FFmpeg calls them. A file may reach the code through any of them. */
  names: readonly string[];
  effect: Effect;
  /** File of FFmpeg's source that the advisory names or that the fix changed. Empty if neither is known. */
  file: string;
}

/** FFmpeg's vulnerabilities with a CVE number from 2015 on, in the order of their numbers. */
export const VULNERABILITIES: readonly Vulnerability[] = rows.map(([cve, kind, names, effect, file]) => ({
  cve: cve!,
  kind: kind as ComponentKind,
  names: names === '' ? [] : names!.split(','),
  effect: effect as Effect,
  file: file!,
}));
