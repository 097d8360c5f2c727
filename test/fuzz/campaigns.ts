import { parseArgs } from 'node:util';
import { openProgressDisplay } from '../../src/cli/progress-display.ts';
import { type Campaign, runCampaign } from './campaign.ts';
import { CONTAINERS } from './containers.ts';
import { COPIES } from './copies.ts';
import { COSTLY } from './costly.ts';
import { DESCRIBED } from './described.ts';
import { FRAGMENTS } from './fragments.ts';
import { JSON_BODIES } from './json-bodies.ts';
import { PIECES } from './pieces.ts';
import { READERS } from './readers.ts';
import { REWRITING } from './rewriting.ts';
import { SIGNATURES } from './signatures.ts';

const CAMPAIGNS: Record<string, Campaign> = {
  containers: CONTAINERS,
  described: DESCRIBED,
  fragments: FRAGMENTS,
  copies: COPIES,
  rewriting: REWRITING,
  signatures: SIGNATURES,
  bodies: JSON_BODIES,
  costly: COSTLY,
  readers: READERS,
  pieces: PIECES,
};

const USAGE = `npx tsx test/fuzz/campaigns.ts NAME [--cases N] [--seed N] [--case N] [--json]

  containers  media files with damaged bytes, boxes and chunks: looked at, probed and transcoded in cells
  rewriting   damaged audio files alone: rewriting a rewritten file does not change it
  described   damaged files that the readers describe: as ffprobe does, or not at all
  fragments   MP4 in fragments with damaged fields: inspected and rewritten
  copies      damaged MP4: copied without FFmpeg, completely or in part
  signatures  altered, cut and mistimed signed requests to the storage gateway
  bodies      JSON for every route, made from its OpenAPI document (needs a build: npm run build)
  costly      bodies made to be slow: none may occupy the API's event loop for 50 ms (needs a build)
  pieces      random clips, encoded as a complete and in pieces: the same frames and sound, the same quality
  readers     -progress output, ffprobe's JSON and the store's XML

  --cases     cases to make; --seed another row of cases; --case runs one of that seed; --json the entire report
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cases: { type: 'string' },
      seed: { type: 'string' },
      case: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const name = positionals[0] ?? '';
  const campaign = CAMPAIGNS[name];
  const numbers = [values.cases, values.seed, values.case].filter((value) => value !== undefined);
  if (!campaign || numbers.some((value) => !/^\d{1,15}$/.test(value))) {
    process.stderr.write(USAGE);
    return 64;
  }
  const cases = Number(values.cases ?? campaign.cases);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  process.stderr.write(`${name}: seed ${seed}, ${cases} cases\n`);
  const bar = openProgressDisplay(true);
  const report = await runCampaign(campaign, {
    cases,
    seed,
    only: values.case === undefined ? null : Number(values.case),
    onCase: (done, findings) =>
      bar.show({ name, fraction: done / cases, note: findings > 0 ? `${findings} findings` : '' }),
  });
  bar.stop();
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const finding of report.findings) {
      process.stdout.write(
        `${finding.case === null ? 'at the end' : `case ${finding.case}`}: ${finding.faults.join('\n  ')}\n`,
      );
    }
    const tally = Object.entries(report.tally).map(([what, times]) => `${what} ${times}`);
    process.stdout.write(`${report.cases} cases in ${report.seconds.toFixed(1)} s: ${tally.join(', ')}\n`);
    process.stdout.write(`${report.findings.length} findings\n`);
  }
  return report.findings.length > 0 ? 1 : 0;
}

process.exitCode = await main();
