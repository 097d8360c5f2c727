import { mkdirSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../cell/remove-tree.ts';
import type { SandboxChoice } from '../choose.ts';
import { required } from '../host/preflight.ts';
import { type BuildControl, buildTrimmed, lockBuild } from './build.ts';
import { TrimmedBuildError } from './build-error.ts';
import { checkTrimmed } from './check.ts';
import { recipeId } from './recipe.ts';
import type { Steps } from './steps.ts';
import { type CheckedBuild, changeTrimmed, removeUnused, type TrimmedStore, trimmedFolder } from './store.ts';

/** Options of a build. `dataDir` is a real path. */
export interface MakeOptions extends TrimmedStore {
  /** The sandbox tier that jobs use. */
  sandbox: SandboxChoice;
}

/** The result of a build and its checks. */
export type MakeOutcome =
  | { outcome: 'ready'; build: CheckedBuild }
  | { outcome: 'rejected' | 'later' | 'impossible'; reason: string };

/**
 * Builds FFmpeg, checks the build, and records the result: a build that is ready, or the reason of a failure. Only one process of a machine
 * builds at a time.
 */
export async function makeTrimmed(options: MakeOptions, control: BuildControl): Promise<MakeOutcome> {
  const { dataDir } = options;
  const lock = await lockBuild();
  if (!lock) return { outcome: 'later', reason: 'another build of FFmpeg runs on this machine' };
  const recipe = recipeId();
  const found: { source: string | null } = { source: null };
  try {
    await removeUnused(dataDir);
    const build = await makeChecked(options, control, { recipe, found });
    await changeTrimmed(options, () => ({ ready: build, rejected: null }));
    return { outcome: 'ready', build };
  } catch (error) {
    if (control.signal.aborted) throw error;
    // After every failure, cells keep the distribution's FFmpeg.
    const { kind, message } =
      error instanceof TrimmedBuildError ? error : { kind: 'later' as const, message: (error as Error).message };
    if (kind !== 'impossible') {
      const isTemporary = kind === 'later';
      const at = new Date().toISOString();
      const rejected = { source: found.source, recipe, reason: message, at, isTemporary };
      await changeTrimmed(options, () => ({ rejected }));
    }
    return { outcome: kind, reason: message };
  } finally {
    lock.release();
  }
}

/** @param found receives the version of the source, for the record of a failure */
async function makeChecked(
  { dataDir, sandbox }: MakeOptions,
  control: BuildControl,
  { recipe, found }: { recipe: string; found: { source: string | null } },
): Promise<CheckedBuild> {
  if (sandbox === 'none')
    throw new TrimmedBuildError('impossible', 'Airlock runs without a sandbox, so it cannot check a build');
  const base = trimmedFolder(dataDir);
  mkdirSync(base, { recursive: true });
  // The accounts of cells and of the compiler must be able to traverse the folder.
  await chmod(base, 0o711);
  let steps: Steps | null = null;
  const made = join(base, 'made');
  const onSource = (source: string) => {
    found.source = source;
  };
  const build = { dataDir, work: join(base, 'work'), target: made };
  await buildTrimmed(build, {
    ...control,
    onSource,
    onSteps(opened) {
      steps = opened;
      control.onSteps?.(opened);
    },
  });
  await writeFile(join(made, 'BUILD'), `source package: ffmpeg ${found.source}\n`, { mode: 0o644 });
  control.onPart?.('comparing the build with the FFmpeg of the distribution');
  const folder = join(base, 'check');
  try {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711);
    const [own, distribution] = [join(made, 'bin/ffmpeg'), required('ffmpeg', 'ffmpeg')];
    const waitWhilePaused = () => steps!.waitWhilePaused();
    const result = await checkTrimmed({ folder, own, distribution, sandbox, waitWhilePaused });
    return { folder: await publish(base, found.source!, recipe), source: found.source!, recipe, ...now(), ...result };
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  } finally {
    await removeTree(folder);
  }
}

/** Renames the folder of the build to a name that no other build has. Returns the name. */
async function publish(base: string, source: string, recipe: string): Promise<string> {
  const name = `${source.replace(/[^\w.+-]/g, '-')}-${recipe}-${Date.now().toString(36)}`;
  await rename(join(base, 'made'), join(base, name));
  return name;
}

const now = () => ({ checkedAt: new Date().toISOString() });
