import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { compareDebianVersions } from './debian-version.ts';

const LISTS = '/var/lib/apt/lists';

export interface FfmpegUpdate {
  /** For `unknown`, `reason` says why; it never means "current". */
  state: 'current' | 'newer' | 'unknown';
  /** Newest version in the distribution's package lists on this machine. */
  candidate: string | null;
  /** True when that version comes from the distribution's security archive. */
  security: boolean;
  /** When those lists were created; an old list contains no new version. */
  listsFrom: Date | null;
  reason: string | null;
}

/**
 * Reports whether the distribution has a newer FFmpeg, according to the package lists on this machine; makes no network
 * request. `installed` is the package version that cells run.
 */
export async function ffmpegUpdate(installed: string | null): Promise<FfmpegUpdate> {
  const aptCache = findProgram('apt-cache');
  if (!aptCache) return unknown('this system has no apt');
  const { code, stdout } = await runTool(aptCache, ['policy', 'ffmpeg']);
  if (code !== 0) return unknown('apt-cache failed');
  return { ...judgePolicy(stdout, installed), listsFrom: listsFrom() };
}

/** Parses the output of `apt-cache policy ffmpeg`. */
export function judgePolicy(policy: string, installed: string | null): FfmpegUpdate {
  const candidate = /^ {2}Candidate: (\S+)$/m.exec(policy)?.[1];
  if (!candidate || candidate === '(none)') return unknown('no package list on this machine contains FFmpeg');
  const security = originsOf(policy, candidate).some((origin) => /security/.test(origin));
  const known = { candidate, security, listsFrom: null };
  if (originsOf(policy, candidate).every((origin) => origin.includes('/var/lib/dpkg/status'))) {
    return { ...known, state: 'unknown', reason: 'no package list on this machine contains FFmpeg' };
  }
  if (installed === null) return { ...known, state: 'unknown', reason: 'the build that runs is not a package' };
  return { ...known, state: compareDebianVersions(installed, candidate) < 0 ? 'newer' : 'current', reason: null };
}

/** Lines of the version table below that version, such as `500 http://mirror.example.com/debian-security …`. */
function originsOf(policy: string, version: string): string[] {
  const origins: string[] = [];
  let within = false;
  for (const line of policy.split('\n')) {
    const head = /^ (?:\*\*\*| {3}) (\S+) \d+$/.exec(line)?.[1];
    if (head) within = head === version;
    else if (within && /^ {8,}-?\d+ /.test(line)) origins.push(line.trim());
  }
  return origins;
}

function listsFrom(): Date | null {
  try {
    const times = readdirSync(LISTS)
      .filter((name) => /_(?:In)?Release$/.test(name))
      .map((name) => statSync(join(LISTS, name)).mtimeMs);
    return times.length > 0 ? new Date(Math.max(...times)) : null;
  } catch {
    return null;
  }
}

function unknown(reason: string): FfmpegUpdate {
  return { state: 'unknown', candidate: null, security: false, listsFrom: null, reason };
}
