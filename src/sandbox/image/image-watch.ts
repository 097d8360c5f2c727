import { statSync } from 'node:fs';
import type { ImagePart, ProgramPaths } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { ProgramBuild } from '../types.ts';
import type { ImageFacts } from './manifest.ts';
import { imageIsCurrent, openRootImage, type RootImage, removeOldImages } from './root-image.ts';

/** Milliseconds between polls. New cells use a change at most one poll and `SETTLE_MS` later, well within a minute. */
const POLL_MS = 20_000;
/** Milliseconds for which a changed program must not change again, because its package may still be unpacked. */
const SETTLE_MS = 5_000;

/** An image with facts about its programs, and the time since which new cells use it. */
export interface CurrentImage extends RootImage {
  facts: ImageFacts;
  since: Date;
}

/** The image that one cell uses. It stays on disk until `release` is called, even after an upgrade. */
export interface ImageLease {
  path: string;
  facts: ImageFacts;
  release(): void;
}

export interface ImageWatchOptions {
  /** Path of `<dataDir>/rootimg`. */
  folder: string;
  image: RootImage;
  /** Every program that may be installed. */
  table: readonly ImagePart[];
  /** Returns the installed programs and their paths. */
  programs: () => ProgramPaths;
  /** Queries the programs of an image in cells. Rejects if a program does not run. Such an image is not used. */
  query(image: RootImage): Promise<ImageFacts>;
  /** Registers the images in use before the first cell of a new image starts, because other processes remove unused images. */
  registerUse(fingerprints: readonly string[]): Promise<void>;
  /** Resolves to the fingerprints of the images that other live processes use. */
  usedByOthers(): Promise<Set<string>>;
  onChange?(image: CurrentImage, before: CurrentImage): void;
  onFailure?(error: Error): void;
  pollMs?: number;
  settleMs?: number;
}

/**
 * Keeps the root image in sync with the installed programs while the service runs. A poll makes one `stat` call per source. Once a changed
 * source has settled, this builds a new image next to the old image and queries its programs. Only then do new cells use the new image.
 * Running cells keep their image. If an upgraded program does not run, nothing changes.
 */
export class ImageWatch {
  readonly #options: ImageWatchOptions;
  readonly #leases = new ImageLeases();
  #current: CurrentImage;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | null = null;

  private constructor(options: ImageWatchOptions, current: CurrentImage) {
    this.#options = options;
    this.#current = current;
    this.#schedule();
  }

  static async start(options: ImageWatchOptions): Promise<ImageWatch> {
    const since = new Date(statSync(options.image.path).mtimeMs);
    return new ImageWatch(options, await withFacts(options, options.image, since));
  }

  get current(): CurrentImage {
    return this.#current;
  }

  /** Leases the current image to one cell. */
  lease(): ImageLease {
    return this.#leases.add(this.#current);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll()
        .catch((error: Error) => this.#options.onFailure?.(error))
        .finally(() => this.#schedule());
    }, this.#options.pollMs ?? POLL_MS).unref();
  }

  async #poll(): Promise<void> {
    const { folder, table, settleMs = SETTLE_MS } = this.#options;
    // Released images are removed at the next poll. Their disk space is used for some seconds longer, but no second timer is needed.
    await this.#registerUse();
    if (imageIsCurrent(folder, this.#current.fingerprint, this.#options.programs())) return;
    await new Promise((resolve) => setTimeout(resolve, settleMs).unref());
    if (this.#closed) return;
    const programs = this.#options.programs();
    const image = await openRootImage(folder, table, programs);
    // If a source was written during the copy, its copy in the image may be incomplete.
    if (image.fingerprint === this.#current.fingerprint || !imageIsCurrent(folder, image.fingerprint, programs)) return;
    await this.#options.registerUse([...this.#inUse(), image.fingerprint]);
    const before = this.#current;
    this.#current = await withFacts(this.#options, image, new Date());
    this.#options.onChange?.(this.#current, before);
    await this.#registerUse();
  }

  async #registerUse(): Promise<void> {
    const used = this.#inUse();
    await this.#options.registerUse([...used]);
    await removeOldImages(this.#options.folder, new Set([...used, ...(await this.#options.usedByOthers())]));
  }

  #inUse(): Set<string> {
    return new Set([this.#current.fingerprint, ...this.#leases.fingerprints()]);
  }
}

/** Counts the cells that use each image. */
class ImageLeases {
  readonly #counts = new Map<string, number>();

  add({ path, fingerprint, facts }: CurrentImage): ImageLease {
    this.#counts.set(fingerprint, (this.#counts.get(fingerprint) ?? 0) + 1);
    let isLeased = true;
    const release = () => {
      if (isLeased) this.#remove(fingerprint);
      isLeased = false;
    };
    return { path, facts, release };
  }

  /** Returns the fingerprints of the images that cells use. */
  fingerprints(): Iterable<string> {
    return this.#counts.keys();
  }

  #remove(fingerprint: string): void {
    const left = this.#counts.get(fingerprint)! - 1;
    if (left > 0) this.#counts.set(fingerprint, left);
    else this.#counts.delete(fingerprint);
  }
}

async function withFacts({ query }: ImageWatchOptions, image: RootImage, since: Date): Promise<CurrentImage> {
  return { ...image, facts: image.facts ?? (await query(image)), since };
}

/**
 * Returns the build of a program that new cells use. Its properties are getters, so that a stored reference always shows the current build.
 */
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
