/*
 * Makes the pictures of the blueprints in docs/images/blueprints: runs each blueprint on drawn scenes, and puts frames of the outputs side
 * by side.
 *   npx tsx scripts/docs/blueprint-pictures.ts [--png] [slug…]
 * With `--hashes`, instead records the hashes with which tests compare the outputs of blueprints. Look at the pictures before you do this.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/config/root.ts';
import { hashFrames } from '../../test/helpers/picture-hash.ts';
import { type Case, casesOf, keyOf, make, planCase, SMALL, smallCasesOf } from '../../test/media/blueprints/cases.ts';
import { openWorkshop } from '../../test/media/helpers.ts';
import { run } from '../../testkit/run.ts';
import { makeScenes } from '../../testkit/scenes/scenes.ts';

/** Pixels: height of the frames in a strip, gap between frames, and maximum width of a strip. */
const [HEIGHT, GAP, WIDEST] = [340, 14, 1200];
const HASHES = join(projectRoot(), 'test/media/blueprints/hashes.json');
const GROUND = '0xf6f7f8';

const [flags, slugs] = [
  process.argv.slice(2).filter((argument) => argument.startsWith('--')),
  process.argv.slice(2).filter((argument) => !argument.startsWith('--')),
];
const type = flags.includes('--png') ? 'png' : 'jpg';
const folder = flags.includes('--png') ? '/tmp/blueprint-pictures' : join(projectRoot(), 'docs/images/blueprints');
mkdirSync(folder, { recursive: true });
const shop = await openWorkshop({ hastened: 'none' });
try {
  if (flags.includes('--hashes')) await recordHashes();
  else await drawStrips();
} finally {
  await shop.remove();
}

async function recordHashes(): Promise<void> {
  const hashes: Record<string, string[]> = {};
  for (const one of smallCasesOf(await makeScenes(shop.dir, SMALL))) {
    for (const planned of await planCase(one)) {
      const { path } = await make(shop, planned);
      hashes[keyOf(one, planned)] = await hashFrames(path, one.shown);
    }
  }
  writeFileSync(HASHES, `${JSON.stringify(hashes, null, 2)}\n`);
}

async function drawStrips(): Promise<void> {
  const scenes = await makeScenes(shop.dir, { scale: 1, fps: 24, seconds: 4 });
  const cases = casesOf(scenes).filter(({ blueprint: { slug } }) => slugs.length === 0 || slugs.includes(slug));
  for (const slug of new Set(cases.map(({ blueprint }) => blueprint.slug))) {
    const ofOne = cases.filter(({ blueprint }) => blueprint.slug === slug);
    // If a blueprint has several runs, takes only one frame of each run.
    const shown = ofOne.length === 1 ? ofOne : ofOne.map((one) => ({ ...one, shown: one.shown.slice(0, 1) }));
    const frames: Frame[] = [];
    for (const one of shown) frames.push(...(await framesOf(one)));
    await drawStrip(slug, frames);
  }
}

interface Frame {
  path: string;
  /** Position of the frame in seconds. */
  at: number;
}

async function framesOf(one: Case): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (const planned of await planCase(one)) {
    const { path, info, plan } = await make(shop, planned);
    const seconds = info.durationSeconds ?? 0;
    if (plan.warnings.length > 0) process.stdout.write(`${one.blueprint.slug}: ${JSON.stringify(plan.warnings)}\n`);
    frames.push(...one.shown.map((share) => ({ path, at: share * seconds })));
  }
  return frames;
}

async function drawStrip(slug: string, frames: readonly Frame[]): Promise<void> {
  const inputs = frames.flatMap(({ path, at }) => ['-ss', at.toFixed(3), '-i', path]);
  const scaled = frames.map(
    (_, index) =>
      `[${index}:v]scale=-2:${HEIGHT}:flags=lanczos,format=rgb24,pad=iw+${GAP}:ih+${2 * GAP}:0:${GAP}:color=${GROUND}[f${index}]`,
  );
  const row = frames.map((_, index) => `[f${index}]`).join('');
  const joined = frames.length > 1 ? `${row}hstack=inputs=${frames.length}` : `${row}null`;
  const graph = `${scaled.join(';')};${joined},pad=iw+${GAP}:ih:${GAP}:0:color=${GROUND},scale='min(iw,${WIDEST})':-2:flags=lanczos`;
  const target = join(folder, `${slug}.${type}`);
  const quality = type === 'jpg' ? ['-q:v', '5', '-pix_fmt', 'yuvj420p'] : [];
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y', ...inputs, '-filter_complex', graph],
    ...['-frames:v', '1', '-update', '1', ...quality, target],
  ]);
  process.stdout.write(`${target}\n`);
}
