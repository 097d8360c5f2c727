import { statSync } from 'node:fs';
import type { Programs } from '../host/preflight.ts';
import type { FfmpegBuild } from '../types.ts';
import { type FfmpegFacts, imageIsCurrent, openRootImage, type RootImage, removeOldImages } from './root-image.ts';

/** Twice a look passes before a change is taken, so new cells have it well within a minute. */
const LOOK_MS = 20_000;
/** A package that is being unpacked must have come to rest for this long. */
const SETTLE_MS = 5_000;

/** An image with what FFmpeg says of itself, and since when it has been the one that cells get. */
export interface CurrentImage extends RootImage {
  facts: FfmpegFacts;
  since: Date;
}

export interface ImageWatch {
  readonly current: CurrentImage;
  /** The image for one cell; it stays on disk until `release` was called, whatever is installed meanwhile. */
  hold(): { path: string; facts: FfmpegFacts; release(): void };
  close(): Promise<void>;
}

export interface ImageWatchOptions {
  /** `<dataDir>/rootimg`. */
  folder: string;
  image: RootImage;
  programs: () => Pick<Programs, 'ffmpeg' | 'ffprobe'>;
  /** Runs FFmpeg of that image in a cell; rejects when it does not run. An image that fails is not taken. */
  ask(image: RootImage): Promise<FfmpegFacts>;
  /** Registers every set of images in use before the first cell of a new one starts: others clear unused images. */
  registerUse(fingerprints: readonly string[]): Promise<void>;
  /** Images that other living processes use. */
  usedByOthers(): Promise<Set<string>>;
  onChange?(image: CurrentImage, before: CurrentImage): void;
  onFailure?(error: Error): void;
  lookMs?: number;
  settleMs?: number;
}

/**
 * Keeps the root image in step with the installed FFmpeg while the service runs. A look is one `stat` for each source;
 * when any has changed and come to rest, a new image is built beside the old one, FFmpeg is asked for its version in
 * it, and only then do new cells get it. Running cells keep theirs. An upgrade that does not run changes nothing.
 */
export async function watchImage(options: ImageWatchOptions): Promise<ImageWatch> {
  const { folder, lookMs = LOOK_MS, settleMs = SETTLE_MS } = options;
  const holds = new Map<string, number>();
  let current = await withFacts(options.image, new Date(statSync(options.image.path).mtimeMs));
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | null = null;
  const plan = (ms: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      looking = look()
        .catch((error: Error) => options.onFailure?.(error))
        .finally(() => plan(lookMs));
    }, ms);
    timer.unref();
  };
  plan(lookMs);

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
      await looking;
    },
  };

  async function look(): Promise<void> {
    // Released images go one look later than they could; that costs disk for seconds and needs no second clock.
    await register();
    if (imageIsCurrent(folder, current.fingerprint, options.programs())) return;
    await new Promise((resolve) => setTimeout(resolve, settleMs).unref());
    if (closed) return;
    const programs = options.programs();
    const image = await openRootImage(folder, programs);
    // Whatever was written while the copy was made may be in it in part.
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
    return { ...image, facts: image.facts ?? (await options.ask(image)), since };
  }
}

/** The build that new cells get, read at every use: copies of the object must see the build of today. */
export function currentBuild(watch: Pick<ImageWatch, 'current'>): FfmpegBuild {
  return {
    get version() {
      return watch.current.facts.version;
    },
    get package() {
      return watch.current.facts.package;
    },
    get path() {
      return watch.current.facts.path;
    },
    get since() {
      return watch.current.since;
    },
    get readsArguments() {
      return watch.current.facts.readsArguments;
    },
  };
}
