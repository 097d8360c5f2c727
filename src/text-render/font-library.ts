import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Coverage, readCoverage } from './coverage.ts';
import { EMOJI_FAMILY, LAST_RESORTS, readFamily, substitutes } from './font-names.ts';
import type { HanVariant } from './han-variant.ts';
import { type FontFile, type LoadedFont, loadFontFile } from './loaded-font.ts';
import { type FaceFacts, readCmap, readFaces } from './sfnt.ts';

/** A font face. Its characters and outlines are loaded on first use. */
export interface FontFace {
  family: string;
  isBold: boolean;
  covers(codePoint: number): boolean;
  load(): LoadedFont;
}

/** The requirements for a fallback font. */
export interface WantedFace {
  /** ISO 15924 code. */
  script: string;
  han: HanVariant;
  isBold: boolean;
}

export interface FontLibrary {
  /** Finds a face by family name (`Arial`, `Noto Sans Bold`). Returns null if no face matches. */
  find(name: string): FontFace | null;
  /** Returns the fallback for a missing family; null on a machine without fonts. */
  lastResort(): FontFace | null;
  /**
   * Finds the best face that has all these characters. Returns null if no face has all of them. A wanted bold face is found only if the
   * family that is best for the script has a bold face.
   */
  covering(codePoints: readonly number[], wanted: WantedFace): FontFace | null;
  /** Returns the color emoji font; null if it is not installed. */
  emoji(): FontFace | null;
}

/**
 * Maximum bytes of all font files together, and of one font file. Files beyond these limits are skipped. Loaded files are never freed,
 * because HarfBuzz releases memory only at some garbage collections, so these limits bound the memory. Debian's Noto with all CJK fonts has
 * 150 MB.
 */
const MAX_BYTES = 512 * 1024 * 1024;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 5000;

/**
 * Opens the fonts in `folders` lazily: reads names on the first lookup (Debian's Noto, 300 files: 40 ms), characters when a face is a
 * candidate, and the file itself on first use. Measured resident memory: 6 MB for HarfBuzz and all names, 1 MB for Latin and Arabic, 14 MB
 * for emoji, and 22 MB for Chinese, Japanese and Korean together. Skips files that are not fonts.
 */
export function openFonts(folders: readonly string[] = ['/usr/share/fonts']): FontLibrary {
  const loaded = new Map<string, FontFile | null>();
  let index: FontIndex | null = null;
  const faces = (): FontIndex => {
    index ??= indexFonts(folders, loaded);
    return index;
  };
  let emoji: FontFace | null | undefined;
  const fallbacks = new Map<string, FontFace | null>();
  return {
    find: (name) => findFamily(faces(), name),
    lastResort: () => {
      for (const family of LAST_RESORTS) {
        const face = findFamily(faces(), family);
        if (face) return face;
      }
      return faces().ranked.find((face) => face.covers(0x61)) ?? faces().ranked[0] ?? null;
    },
    covering: (codePoints, wanted) => {
      const key = `${wanted.han} ${wanted.script} ${wanted.isBold} ${codePoints.join(' ')}`;
      const known = fallbacks.get(key);
      if (known !== undefined) return known;
      if (fallbacks.size > 20_000) fallbacks.clear();
      const found = findCovering(faces(), codePoints, wanted);
      fallbacks.set(key, found);
      return found;
    },
    emoji: () => {
      if (emoji === undefined) emoji = findFamily(faces(), EMOJI_FAMILY);
      return emoji;
    },
  };
}

interface IndexedFace extends FontFace {
  facts: FaceFacts;
  isLoadable(): boolean;
}

interface FontIndex {
  families: ReadonlyMap<string, IndexedFace[]>;
  /** Upright regular faces, text faces first. */
  ranked: IndexedFace[];
}

function findFamily(index: FontIndex, name: string): IndexedFace | null {
  const requested = readFamily(name);
  for (const family of [name, requested.family, ...substitutes(requested.family)]) {
    const faces = index.families.get(family.toLowerCase()) ?? [];
    const distance = (face: IndexedFace): number =>
      Math.abs(face.facts.weight - requested.weight) +
      1000 * Number(face.facts.italic !== requested.italic) +
      200 * Math.abs(face.facts.stretch - 5);
    const found = faces.toSorted((a, b) => distance(a) - distance(b)).find((face) => face.isLoadable());
    if (found) return found;
  }
  return null;
}

function findCovering(
  index: FontIndex,
  codePoints: readonly number[],
  { script, han, isBold }: WantedFace,
): FontFace | null {
  const first = ['Noto Sans', `Noto Sans ${scriptName(script)}`];
  const cjk = `Noto Sans CJK ${han}`;
  if (['Hani', 'Hira', 'Kana', 'Bopo', 'Hang'].includes(script)) first.unshift(cjk);
  const named = first
    .map((family) => findFamily(index, isBold ? `${family} Bold` : family))
    .filter((face) => face !== null);
  const all = (face: FontFace): boolean => codePoints.every((codePoint) => face.covers(codePoint));
  return named.find(all) ?? index.ranked.find(all) ?? null;
}

const scriptNames = new Intl.DisplayNames(['en'], { type: 'script', fallback: 'none' });

function scriptName(script: string): string {
  return scriptNames.of(script)?.split(' (')[0] ?? script;
}

function indexFonts(folders: readonly string[], loaded: Map<string, FontFile | null>): FontIndex {
  const families = new Map<string, IndexedFace[]>();
  const all = withinBounds(folders.flatMap(fontFiles)).flatMap(readFaces);
  const faces = all.map((facts) => indexFace(facts, loaded));
  for (const face of faces) {
    for (const family of face.facts.families) {
      const key = family.toLowerCase();
      families.set(key, [...(families.get(key) ?? []), face]);
    }
  }
  const ranked = faces
    .filter((face) => Math.abs(face.facts.weight - 400) <= 50 && !face.facts.italic && face.family !== EMOJI_FAMILY)
    .sort((a, b) => rank(a.family) - rank(b.family) || a.family.localeCompare(b.family, 'en'));
  return { families, ranked };
}

/** Returns the rank of a family, from the best: text faces, the large CJK collections, symbols, mono and math, and other families. */
function rank(family: string): number {
  if (/Mono|Symbols|Math|Display|UI|Looped|Music/.test(family)) return 4;
  if (family === 'Noto Sans') return 0;
  if (/CJK/.test(family)) return family.startsWith('Noto Sans') ? 3 : 5;
  if (family === 'DejaVu Sans') return 2;
  if (family.startsWith('Noto Sans')) return 1;
  return family.startsWith('Noto') || family.startsWith('Liberation') || family.startsWith('DejaVu') ? 5 : 6;
}

function indexFace(facts: FaceFacts, loaded: Map<string, FontFile | null>): IndexedFace {
  let coverage: Coverage | null = null;
  /** Returns null for a deleted or broken file, whose face then counts as missing. */
  const tryLoad = (): FontFile | null => {
    let file = loaded.get(facts.path);
    if (file === undefined) {
      file = loadOrNull(facts);
      loaded.set(facts.path, file);
    }
    return file;
  };
  return {
    facts,
    family: facts.families.at(-1) ?? '',
    isBold: facts.weight >= 600,
    covers: (codePoint) => {
      coverage ??= tryCoverage(facts);
      return coverage.has(codePoint) && tryLoad() !== null;
    },
    isLoadable: () => tryLoad() !== null,
    load: () => {
      const file = tryLoad();
      if (!file) throw new Error('A font cannot be read any more.');
      return file.face(facts.index);
    },
  };
}

function loadOrNull({ path, index }: FaceFacts): FontFile | null {
  try {
    const file = loadFontFile(path);
    file.face(index);
    return file;
  } catch {
    return null;
  }
}

function tryCoverage(facts: FaceFacts): Coverage {
  try {
    return readCoverage(readCmap(facts));
  } catch {
    return { has: () => false };
  }
}

/** Applies the limits to the files. Prefers Noto, DejaVu and Liberation, which are known to work. */
function withinBounds(paths: string[]): string[] {
  const known = (path: string): number => Number(!/noto|dejavu|liberation/i.test(path));
  let bytes = 0;
  return paths
    .toSorted((a, b) => known(a) - known(b))
    .slice(0, MAX_FILES)
    .filter((path) => {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > MAX_FILE_BYTES || bytes + size > MAX_BYTES) return false;
      bytes += size;
      return true;
    });
}

function fontFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /\.(?:ttf|otf|ttc)$/i.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}
