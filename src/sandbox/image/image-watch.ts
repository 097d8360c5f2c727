import { statSync } from 'node:fs';
import type { ImagePart, ProgramPaths } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { ProgramBuild } from '../types.ts';
import type { ImageFacts } from './manifest.ts';
import { imageIsCurrent, openRootImage, type RootImage, removeOldImages } from './root-image.ts';

/** New cells get a change after at most one poll and the settle time, well within a minute. */
const POLL_MS = 20_000;
/** How long a package that is being unpacked must be unchanged. */
const SETTLE_MS = 5_000;

/** An image with facts about its programs, and the time since which new cells get it. */
export interface CurrentImage extends RootImage {
  facts: ImageFacts;
  since: Date;
}

export interface ImageWatch {
  readonly current: CurrentImage;
  /** Returns the image for one cell and keeps it on disk until `release` is called, even after an upgrade. */
  hold(): { path: string; facts: ImageFacts; release(): void };
  close(): Promise<void>;
}

export interface ImageWatchOptions {
  /** `<dataDir>/rootimg`. */
  folder: string;
  image: RootImage;
  /** Every program that may be installed. */
  table: readonly ImagePart[];
  /** Those that are, and where. */
  programs: () => ProgramPaths;
  /** Runs the programs of that image in cells; rejects when one does not run. An image that fails is not used. */
  query(image: RootImage): Promise<ImageFacts>;
  /** Registers the images in use before the first cell of a new one starts: other processes remove unused images. */
  registerUse(fingerprints: readonly string[]): Promise<void>;
  /** Images that other live processes use. */
  usedByOthers(): Promise<Set<string>>;
  onChange?(image: CurrentImage, before: CurrentImage): void;
  onFailure?(error: Error): void;
  pollMs?: number;
  settleMs?: number;
}

/**
 * Keeps the root image in sync with the installed programs while the service runs. A poll is one `stat` per source. Once
 * a changed source has settled, this builds a new image alongside the old one and queries its programs; only
 * then do new cells get it. Running cells keep theirs. An upgrade that does not run changes nothing.
 */
export async function watchImage(options: ImageWatchOptions): Promise<ImageWatch> {
  const { folder, pollMs = POLL_MS, settleMs = SETTLE_MS } = options;
  const holds = new Map<string, number>();
  let current = await withFacts(options.image, new Date(statSync(options.image.path).mtimeMs));
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> | null = null;
  const schedule = (ms: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      polling = poll()
        .catch((error: Error) => options.onFailure?.(error))
        .finally(() => schedule(pollMs));
    }, ms);
    timer.unref();
  };
  schedule(pollMs);

  return {
    get current() {
      return current;
    },
    hold() {
      const { path, fingerprint, facts } = current;
      holds.set(fingerprint, (holds.get(fingerprint) ?? 0) + 1);
      let held = true;
      return {
        path,
        facts,
        release() {
          if (!held) return;
          held = false;
          const left = holds.get(fingerprint)! - 1;
          if (left > 0) holds.set(fingerprint, left);
          else holds.delete(fingerprint);
        },
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await polling;
    },
  };

  async function poll(): Promise<void> {
    // Released images are removed at the next poll: that costs disk space for seconds and needs no second timer.
    await register();
    if (imageIsCurrent(folder, current.fingerprint, options.programs())) return;
    await new Promise((resolve) => setTimeout(resolve, settleMs).unref());
    if (closed) return;
    const programs = options.programs();
    const image = await openRootImage(folder, options.table, programs);
    // A source written during the copy may be incomplete in the image.
    if (image.fingerprint === current.fingerprint || !imageIsCurrent(folder, image.fingerprint, programs)) return;
    await options.registerUse([...inUse(), image.fingerprint]);
    const next = await withFacts(image, new Date());
    const before = current;
    current = next;
    options.onChange?.(next, before);
    await register();
  }

  async function register(): Promise<void> {
    const used = inUse();
    await options.registerUse([...used]);
    await removeOldImages(folder, new Set([...used, ...(await options.usedByOthers())]));
  }

  function inUse(): Set<string> {
    return new Set([current.fingerprint, ...holds.keys()]);
  }

  async function withFacts(image: RootImage, since: Date): Promise<CurrentImage> {
    return { ...image, facts: image.facts ?? (await options.query(image)), since };
  }
}

/** The build of a program that new cells get. Getters, so that a stored reference always shows the current build. */
export function currentBuild(watch: Pick<ImageWatch, 'current'>, name: string): ProgramBuild {
  const facts = () => {
    const known = watch.current.facts[name];
    if (!known) throw new SandboxError(`${name} is no longer installed`, 'Install it again, or restart the service');
    return known;
  };
  return {
    get version() {
      return facts().version;
    },
    get package() {
      return facts().package;
    },
    get path() {
      return facts().path;
    },
    get since() {
      return watch.current.since;
    },
    get readsArguments() {
      return facts().readsArguments;
    },
  };
}
