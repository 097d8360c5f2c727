import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Coverage, readCoverage } from './coverage.ts';
import { EMOJI_FAMILY, LAST_RESORTS, readFamily, standIns } from './font-names.ts';
import type { HanVariant } from './han-variant.ts';
import { type FontFile, type LoadedFont, loadFontFile } from './loaded-font.ts';
import { type FaceFacts, readCmap, readFaces } from './sfnt.ts';

/** A face that is known by its names; its characters and its outlines are read when first needed. */
export interface FontFace {
  family: string;
  covers(codePoint: number): boolean;
  load(): LoadedFont;
}

export interface FontLibrary {
  /** The face of a family name (`Arial`, `Noto Sans Bold`); null and no exception when nothing by that name is there. */
  find(name: string): FontFace | null;
  /** What is drawn with when a family is missing; null on a machine without fonts. */
  lastResort(): FontFace | null;
  /** The first face, best first, that has all these characters of a script (ISO 15924); null when none has. */
  covering(codePoints: readonly number[], script: string, han: HanVariant): FontFace | null;
  /** The font of colour pictures; null when there is none. */
  emoji(): FontFace | null;
}

/**
 * Bytes of all font files together, and of one; what is beyond is passed over. HarfBuzz gives memory back only when the
 * collector feels like it, so files stay once loaded and this is the bound. Debian's Noto with all CJK is 150 MB.
 */
const MAX_BYTES = 512 * 1024 * 1024;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 5000;

/**
 * The fonts under `folders`. Nothing is read yet: names at the first look-up (Debian's Noto, 300 files: 40 ms),
 * characters of a face when it is considered, the file itself when something is drawn with it. What that costs in
 * memory (measured, resident): HarfBuzz and all names 6 MB, Latin and Arabic 1 MB, emoji 14 MB, Chinese, Japanese and
 * Korean together 22 MB. Skips files that are not fonts.
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
    covering: (codePoints, script, han) => {
      const key = `${han} ${script} ${codePoints.join(' ')}`;
      const known = fallbacks.get(key);
      if (known !== undefined) return known;
      if (fallbacks.size > 20_000) fallbacks.clear();
      const found = findCovering(faces(), codePoints, script, han);
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
  /** Upright regular faces, those that are meant for running text first. */
  ranked: IndexedFace[];
}

function findFamily(index: FontIndex, name: string): IndexedFace | null {
  const asked = readFamily(name);
  for (const family of [name, asked.family, ...standIns(asked.family)]) {
    const faces = index.families.get(family.toLowerCase()) ?? [];
    const misfit = (face: IndexedFace): number =>
      Math.abs(face.facts.weight - asked.weight) +
      1000 * Number(face.facts.italic !== asked.italic) +
      200 * Math.abs(face.facts.stretch - 5);
    const found = faces.toSorted((a, b) => misfit(a) - misfit(b)).find((face) => face.isLoadable());
    if (found) return found;
  }
  return null;
}

function findCovering(
  index: FontIndex,
  codePoints: readonly number[],
  script: string,
  han: HanVariant,
): FontFace | null {
  const first = ['Noto Sans', `Noto Sans ${scriptName(script)}`];
  const cjk = `Noto Sans CJK ${han}`;
  if (['Hani', 'Hira', 'Kana', 'Bopo', 'Hang'].includes(script)) first.unshift(cjk);
  const named = first.map((family) => findFamily(index, family)).filter((face) => face !== null);
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

/** Text faces before symbols, mono and the large CJK collections; families that imitate handwriting or maths last. */
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
  /** Null for a file that has gone or is broken: its face then counts as missing. */
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

/** The files that are read at all; fonts of which we know that they are good first. */
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
