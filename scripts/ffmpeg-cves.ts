// Prints the CVEs of FFmpeg since 2015 that `rows.json` doesn't list: npx tsx scripts/ffmpeg-cves.ts FILE
// FILE is Debian's tracker data (https://security-tracker.debian.org/tracker/data/json) or FFmpeg's security page. Reads nothing else.
import { readFileSync } from 'node:fs';
import { VULNERABILITIES } from '../src/ffmpeg/vulnerabilities/vulnerabilities.ts';

const FIRST_YEAR = 2015;

/** Returns the CVEs of a file with their descriptions. Only Debian's tracker data has descriptions. */
function readCves(text: string): Map<string, string> {
  if (!text.trimStart().startsWith('{')) {
    return new Map([...text.matchAll(/CVE-\d{4}-\d{4,}/g)].map(([cve]) => [cve, '']));
  }
  const packages: Record<string, Record<string, { description?: string }>> = JSON.parse(text);
  return new Map(Object.entries(packages.ffmpeg ?? {}).map(([cve, { description }]) => [cve, description ?? '']));
}

const [file] = process.argv.slice(2);
if (!file || file.startsWith('-')) {
  process.stderr.write('Usage: npx tsx scripts/ffmpeg-cves.ts FILE\n');
  process.exitCode = 64;
} else {
  const known = new Set(VULNERABILITIES.map(({ cve }) => cve));
  const missing = [...readCves(readFileSync(file, 'utf8'))]
    .filter(([cve]) => Number(cve.split('-')[1]) >= FIRST_YEAR && !known.has(cve))
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  for (const [cve, description] of missing) process.stdout.write(`${cve}\t${description.replaceAll(/\s+/g, ' ')}\n`);
  process.stderr.write(`${missing.length} CVEs are not in rows.json.\n`);
}
