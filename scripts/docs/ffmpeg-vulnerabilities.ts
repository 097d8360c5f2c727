import { REWRITTEN_CONTAINERS } from '../../src/contract/containers.ts';
import {
  countReachable,
  DEFAULT_INPUTS,
  type ReachableVulnerability,
  reachVulnerabilities,
} from '../../src/ffmpeg/vulnerabilities/reach.ts';
import {
  COMPONENT_KINDS,
  type ComponentKind,
  EFFECTS,
  type Effect,
  MEMORY_CHANGING,
  VULNERABILITIES_DATE,
} from '../../src/ffmpeg/vulnerabilities/vulnerabilities.ts';
import { code, heading, table } from './markdown.ts';

/** Plural name of each kind in the tables, and the rule by which the default lists reach it. */
const KINDS: Readonly<Record<ComponentKind, readonly [string, string]>> = {
  decoder: ['Decoders', 'The decoder is on the list of decoders'],
  demuxer: ['Demuxers', 'The demuxer is on the list of demuxers'],
  parser: ['Parsers', 'Always. A demuxer starts the parser of each codec that a file declares'],
  library: ['Shared code', 'Always'],
  filter: ['Filters', 'The [list of filters](../filters.md) contains the filter'],
  encoder: ['Encoders', 'The list of encoders contains the encoder'],
  muxer: ['Muxers', 'A [format of outputs](../formats.md) or a command of Airlock uses the muxer'],
  'bitstream filter': ['Bitstream filters', 'The list of bitstream filters contains the filter'],
  protocol: ['Protocols', 'Never. FFmpeg may use only `file` and `pipe`, and the cell has no network'],
  tool: ['Programs', 'A cell runs the program: `ffmpeg` and `ffprobe`'],
  platform: [
    'Hardware and other platforms',
    'Never. Cells use no hardware decoders, and these libraries and processors are absent',
  ],
  unknown: ['Unknown', 'Counted as reachable, because the advisories name no component'],
};

/** Returns `docs/security-model/ffmpeg-vulnerabilities.md`: FFmpeg's CVEs, and which of them the default lists reach. */
export function ffmpegVulnerabilitiesPage(): string {
  const list = reachVulnerabilities(DEFAULT_INPUTS);
  return `${heading('FFmpeg vulnerabilities', 'src/ffmpeg/vulnerabilities')}
This page lists FFmpeg's vulnerabilities with a CVE number from 2015 on, as of ${VULNERABILITIES_DATE}. It shows which of them a file or a
request could reach with the default lists of decoders, demuxers, filters, encoders and formats. The list includes vulnerabilities that
FFmpeg fixed long ago, because they show where FFmpeg is vulnerable. \`./airlock doctor\` shows the figures for the lists in force, and the
open vulnerabilities of your FFmpeg build.

${summary(list)}

${table(
  ['Component', 'CVEs', 'Reachable', 'Reachable if'],
  COMPONENT_KINDS.map((kind) => kindRow(kind, list)),
)}

## What the lists can't exclude

These entries of the default lists had vulnerabilities. A file can reach such a vulnerability only while your FFmpeg build lacks the fix, and
[the cell](files.md#second-layer-the-cell) confines what an attacker gains.

${table(['Entry', 'CVEs', 'Of these, memory-changing', 'Airlock reads the container first'], entryRows(list))}

${code('Yes')} in the last column means that the [sanitizer](files.md#the-sanitizer) reads the container in memory-safe code, and rewrites it where it can.
FFmpeg's demuxer then reads Airlock's file, and not the sender's. Because the sanitizer can't rewrite every file, the table counts these
demuxers as reachable.

## Effects

${table(['Effect', 'In decoders and demuxers', 'Reachable'], effectRows(list))}

The first three effects change memory, or may do so.

## Sources and limits

Each row comes from public advisories: FFmpeg's security page, the changes in FFmpeg's repository that this page names, Debian's security
tracker, and the records of the CVE program. The file is the one that an advisory names or that the fix changed. CVEs that affect only Libav
or programs that use FFmpeg are absent. The list can't be complete, because most fixes never get a CVE number, and because large batches of
numbers, such as VulnCheck's of November 2026, may be listed in part.

[Development](../development.md#vulnerabilities-of-ffmpeg) explains how to update the list.

## All CVEs

${table(['CVE', 'Kind', 'Components', 'Effect', 'File', 'Reachable by default through'], list.toReversed().map(row))}
`;
}

function summary(list: readonly ReachableVulnerability[]): string {
  const { known, reachable } = countReachable(readers(list));
  const memory = countReachable(readers(list).filter(changesMemory));
  return `**Decoders and demuxers: ${known} CVEs, of which the default lists reach ${reachable} (${percent(reachable, known)}).** Of the ${memory.known} that change
memory, or may do so, the default lists reach ${memory.reachable} (${percent(memory.reachable, memory.known)}).`;
}

function kindRow(kind: ComponentKind, list: readonly ReachableVulnerability[]): string[] {
  const [name, rule] = KINDS[kind];
  const { known, reachable } = countReachable(list.filter((one) => one.kind === kind));
  return [name, String(known), String(reachable), rule];
}

function entryRows(list: readonly ReachableVulnerability[]): string[][] {
  const entries = new Map<string, string[]>();
  for (const { kind, through } of readers(list)) {
    for (const name of through) entries.set(`${kind} ${name}`, [kind, name]);
  }
  return [...entries.values()]
    .map(([kind, name]) => {
      const group = readers(list).filter((one) => one.kind === kind && one.through.includes(name!));
      return { kind: kind!, name: name!, known: group.length, memory: group.filter(changesMemory).length };
    })
    .sort((a, b) => b.known - a.known || a.name.localeCompare(b.name, 'en'))
    .map(({ kind, name, known, memory }) => [
      `${code(name)} (${kind})`,
      String(known),
      String(memory),
      kind === 'demuxer' ? (name in REWRITTEN_CONTAINERS ? 'Yes' : 'No') : '',
    ]);
}

function effectRows(list: readonly ReachableVulnerability[]): string[][] {
  return (Object.keys(EFFECTS) as Effect[]).map((effect) => {
    const { known, reachable } = countReachable(readers(list).filter((one) => one.effect === effect));
    return [EFFECTS[effect], String(known), String(reachable)];
  });
}

function row({ cve, kind, names, effect, file, through, reachable }: ReachableVulnerability): string[] {
  const components = names.length > 0 ? names.map(code).join(', ') : 'unknown';
  const reached = through.length > 0 ? through.map(code).join(', ') : 'yes';
  return [cve, kind, components, EFFECTS[effect], file && code(file), reachable ? reached : 'no'];
}

function readers(list: readonly ReachableVulnerability[]): ReachableVulnerability[] {
  return list.filter(({ kind }) => kind === 'decoder' || kind === 'demuxer');
}

function changesMemory({ effect }: ReachableVulnerability): boolean {
  return MEMORY_CHANGING.includes(effect);
}

function percent(part: number, total: number): string {
  return `${Math.round((100 * part) / total)}%`;
}
