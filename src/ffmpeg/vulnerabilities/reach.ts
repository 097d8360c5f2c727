import { BITSTREAM_FILTERS } from '../policy/encoders/bitstream-filters.ts';
import { ENCODERS, FORMAT_DEFAULTS } from '../policy/encoders/encoders.ts';
import { FILTER_TABLE } from '../policy/filters/table/index.ts';
import { DEFAULT_DECODERS } from '../policy/inputs/default-decoders.ts';
import { DEFAULT_DEMUXERS } from '../policy/inputs/default-demuxers.ts';
import { type ComponentKind, MEMORY_CHANGING, VULNERABILITIES, type Vulnerability } from './vulnerabilities.ts';

/** Muxers of the commands that Airlock itself writes, in addition to the muxers of the output formats. */
export const OWN_MUXERS: readonly string[] = ['image2', 'matroska', 'mp4', 'null', 'rawvideo', 's16le'];

/** The components that FFmpeg may use in a cell, by their names in FFmpeg. */
export interface AllowedInputs {
  decoders: readonly string[];
  demuxers: readonly string[];
}

export const DEFAULT_INPUTS: AllowedInputs = {
  decoders: DEFAULT_DECODERS.map(({ name }) => name),
  demuxers: DEFAULT_DEMUXERS,
};

/**
 * Allowed names by kind. `all` means that no list excludes such code: every decoder and filter may call the libraries, and every listed
 * demuxer starts the parser of each codec that a file declares.
 */
function allowedNames(inputs: AllowedInputs): Readonly<Record<ComponentKind, readonly string[] | 'all'>> {
  return {
    decoder: inputs.decoders,
    demuxer: inputs.demuxers,
    parser: 'all',
    library: 'all',
    filter: FILTER_TABLE.map(({ name }) => name),
    encoder: ENCODERS.map(({ name }) => name),
    muxer: [...Object.values(FORMAT_DEFAULTS).map(({ muxer }) => muxer), ...OWN_MUXERS],
    'bitstream filter': Object.keys(BITSTREAM_FILTERS),
    protocol: ['file', 'pipe'],
    tool: ['ffmpeg', 'ffprobe'],
    platform: [],
    // An unknown component may be any component.
    unknown: 'all',
  };
}

export interface ReachableVulnerability extends Vulnerability {
  /** Allowed components through which a file or a request reaches the affected code. Empty if none does. */
  through: readonly string[];
  reachable: boolean;
}

/** Computes which vulnerabilities a file or a request reaches with these lists. */
export function reachVulnerabilities(inputs: AllowedInputs): ReachableVulnerability[] {
  const allowed = allowedNames(inputs);
  return VULNERABILITIES.map((vulnerability) => {
    const list = allowed[vulnerability.kind];
    const through = list === 'all' ? vulnerability.names : vulnerability.names.filter((name) => list.includes(name));
    return { ...vulnerability, through, reachable: list === 'all' || through.length > 0 };
  });
}

export interface ReachCount {
  known: number;
  reachable: number;
}

/** Counts vulnerabilities and the reachable ones among them. */
export function countReachable(list: readonly ReachableVulnerability[]): ReachCount {
  return { known: list.length, reachable: list.filter(({ reachable }) => reachable).length };
}

export interface ReachSummary {
  /** Vulnerabilities of decoders and demuxers. */
  readers: ReachCount;
  /** Those of them that change memory, or may do so. */
  memoryChanging: ReachCount;
  /** Vulnerabilities of all components. */
  all: ReachCount;
}

/** Summarizes which vulnerabilities a file or a request reaches with these lists. */
export function summarizeReach(inputs: AllowedInputs): ReachSummary {
  const list = reachVulnerabilities(inputs);
  const readers = list.filter(({ kind }) => kind === 'decoder' || kind === 'demuxer');
  return {
    readers: countReachable(readers),
    memoryChanging: countReachable(readers.filter(({ effect }) => MEMORY_CHANGING.includes(effect))),
    all: countReachable(list),
  };
}
