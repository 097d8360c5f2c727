import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Coverage, readCoverage } from './coverage.ts';
import { LAST_RESORTS, readFamily, standIns } from './font-names.ts';
import type { HanVariant } from './han-variant.ts';
import { type LoadedFont, loadFont } from './loaded-font.ts';
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

/** Bytes of font files that stay loaded; the least recently used go first. */
const KEPT_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 5000;

/**
 * The fonts under `folders`. Nothing is read yet: names at the first look-up (Debian's Noto, 300 files: 30 ms), characters
 * of a face when it is considered, the file itself when something is drawn with it. In memory that costs the files in
 * use: Liberation Sans 0.4 MB, Noto Sans 0.5 MB, the emoji 11 MB, Noto Sans CJK 19.5 MB, plus the names, 0.2 MB. Files that
 * are no fonts are passed over.
 */
export function openFonts(folders: readonly string[] = ['/usr/share/fonts']): FontLibrary {
  const loaded = new Map<string, { font: LoadedFont; bytes: number }>();
  let index: FontIndex | null = null;
  const faces = (): FontIndex => {
    index ??= indexFonts(folders, loaded);
    return index;
  };
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
    emoji: () => findFamily(faces(), 'Noto Color Emoji'),
  };
}

interface IndexedFace extends FontFace {
  facts: FaceFacts;
}

interface FontIndex {
  families: ReadonlyMap<string, IndexedFace[]>;
  /** Upright regular faces, those that are meant for running text first. */
  ranked: IndexedFace[];
}

function findFamily(index: FontIndex, name: string): IndexedFace | null {
  const asked = readFamily(name);
  for (const family of [name, asked.family, ...standIns(asked.family)]) {
    const faces = index.families.get(family.toLowerCase());
    if (!faces) continue;
    const misfit = (face: IndexedFace): number =>
      Math.abs(face.facts.weight - asked.weight) +
      1000 * Number(face.facts.italic !== asked.italic) +
      200 * Math.abs(face.facts.stretch - 5);
    return faces.toSorted((a, b) => misfit(a) - misfit(b))[0]!;
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

function indexFonts(folders: readonly string[], loaded: Map<string, { font: LoadedFont; bytes: number }>): FontIndex {
  const families = new Map<string, IndexedFace[]>();
  const all = folders.flatMap(fontFiles).slice(0, MAX_FILES).flatMap(readFaces);
  const faces = all.map((facts) => indexFace(facts, loaded));
  for (const face of faces) {
    for (const family of face.facts.families) {
      const key = family.toLowerCase();
      families.set(key, [...(families.get(key) ?? []), face]);
    }
  }
  const ranked = faces
    .filter(
      (face) => Math.abs(face.facts.weight - 400) <= 50 && !face.facts.italic && face.family !== 'Noto Color Emoji',
    )
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

function indexFace(facts: FaceFacts, loaded: Map<string, { font: LoadedFont; bytes: number }>): IndexedFace {
  let coverage: Coverage | null = null;
  const key = `${facts.path}#${facts.index}`;
  return {
    facts,
    family: facts.families.at(-1) ?? '',
    covers: (codePoint) => {
      coverage ??= tryCoverage(facts);
      return coverage.has(codePoint);
    },
    load: () => {
      const entry = loaded.get(key) ?? { font: loadFont(facts.path, facts.index), bytes: statSync(facts.path).size };
      loaded.delete(key);
      loaded.set(key, entry);
      let bytes = [...loaded.values()].reduce((sum, each) => sum + each.bytes, 0);
      for (const [oldest, { bytes: size }] of loaded) {
        if (bytes <= KEPT_BYTES || oldest === key) break;
        loaded.delete(oldest);
        bytes -= size;
      }
      return entry.font;
    },
  };
}

function tryCoverage(facts: FaceFacts): Coverage {
  try {
    return readCoverage(readCmap(facts));
  } catch {
    return { has: () => false };
  }
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
