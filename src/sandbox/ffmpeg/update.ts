import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { modified } from '../image/root-image-sources.ts';
import { compareDebianVersions } from './debian-version.ts';

const LISTS = '/var/lib/apt/lists';
/** Files that determine the output of `apt-cache policy`. */
const APT_STATE = [
  LISTS,
  '/var/lib/dpkg/status',
  ...['preferences', 'preferences.d', 'sources.list', 'sources.list.d'].map((name) => `/etc/apt/${name}`),
];
const CACHE_FILE = 'apt-policy.json';

export interface FfmpegUpdate {
  /** Whether the build is current. If this is unknown, `reason` explains why. */
  state: 'current' | 'newer' | 'unknown';
  /** Newest version in the distribution's package lists on this machine. */
  candidate: string | null;
  /** Whether the candidate comes from the distribution's security archive. */
  security: boolean;
  /** Date on which the package lists were created. An old list contains no new version. */
  listsFrom: Date | null;
  reason: string | null;
}

/**
 * Reports whether the distribution has a newer FFmpeg, according to the package lists on this machine. Makes no network request.
 * `installed` is the package version that cells run. `dataDir` stores the output of apt.
 */
export async function ffmpegUpdate(installed: string | null, dataDir: string): Promise<FfmpegUpdate> {
  const aptCache = findProgram('apt-cache');
  if (!aptCache) return unknown('this system has no apt');
  const policy = await readPolicy(aptCache, join(dataDir, CACHE_FILE));
  if (policy === null) return unknown('apt-cache failed');
  return { ...judgePolicy(policy, installed), listsFrom: listsFrom() };
}

/**
 * Returns the output of `apt-cache policy ffmpeg`, or null if the command fails. While apt's state is unchanged, the output is read from a
 * file, because a call needs half a second of CPU time where apt cannot write its own cache, as in containers.
 */
async function readPolicy(aptCache: string, file: string): Promise<string | null> {
  const stamp = APT_STATE.map(modified).join(' ');
  const kept = readKept(file);
  if (kept?.stamp === stamp) return kept.policy;
  const { code, stdout } = await runTool(aptCache, ['policy', 'ffmpeg']);
  if (code !== 0) return null;
  try {
    const staged = `${file}.${randomUUID()}`;
    writeFileSync(staged, JSON.stringify({ stamp, policy: stdout }), { mode: 0o600 });
    renameSync(staged, file);
  } catch {
    // If the output cannot be stored, the next call asks apt again.
  }
  return stdout;
}

function readKept(file: string): { stamp: string; policy: string } | null {
  try {
    const { stamp, policy } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof policy === 'string' ? { stamp, policy } : null;
  } catch {
    return null;
  }
}

/** Parses the output of `apt-cache policy ffmpeg`, and compares the installed version with it. */
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

/**
 * Returns the origins of a version from the lines below it in the version table, such as `500 http://mirror.example.com/debian-security …`.
 */
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
