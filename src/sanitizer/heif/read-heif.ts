import type { StillPicture, Tiling } from '../../ffmpeg/probe/still.ts';
import type { FileBytes } from '../file-bytes.ts';
import { type Box, boxBudget, boxesIn, printable } from '../isobmff/boxes.ts';
import type { Movie } from '../isobmff/movie.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { readGrid } from './grid.ts';
import { type ItemTables, readItemTables } from './item-tables.ts';
import { readProperties } from './properties.ts';
import { CODECS, type CodedItem, tilesTrack } from './tiles-track.ts';

/** A picture that consists of equal tiles. A picture without a grid has one tile. */
interface Layer extends Tiling {
  width: number;
  height: number;
  tiles: CodedItem[];
  rgbProfile: CodedItem['rgbProfile'];
  turns: StillPicture['turns'];
}

/**
 * Reads the primary picture of a HEIC or AVIF file. Returns a movie of its tiles, and how to assemble the tiles. Drops thumbnails, depth
 * maps, gain maps and Exif. Throws `Rejected` or `NotRewritable`.
 */
export function readHeif(file: FileBytes): { movie: Movie; still: StillPicture } {
  const budget = boxBudget();
  const tables = readItemTables(file, findMeta(file, budget), budget);
  const colors = readLayer(file, tables, tables.primary);
  const alpha = readAlpha(file, tables, colors);
  const kind = colors.tiles[0]!.kind;
  const tracks = [colors, ...(alpha ? [alpha.layer] : [])].map(({ tiles }) => tilesTrack(tiles));
  const matrix = tracks[0]!.matrix;
  const still: StillPicture = {
    codec: CODECS[kind].codec,
    width: colors.width,
    height: colors.height,
    colors: { columns: colors.columns, rows: colors.rows },
    alpha: alpha && { columns: alpha.layer.columns, rows: alpha.layer.rows, premultiplied: alpha.premultiplied },
    isDeep: colors.tiles[0]!.isDeep,
    rgbProfile: colors.rgbProfile,
    turns: colors.turns,
  };
  const movie: Movie = {
    brand: 'isom',
    timescale: 1,
    duration: colors.tiles.length,
    matrix,
    tracks,
    isFragmented: false,
  };
  return { movie, still };
}

function findMeta(file: FileBytes, budget: ReturnType<typeof boxBudget>): Box {
  let meta: Box | null = null;
  for (const box of boxesIn(file, 0, file.size, budget, true)) {
    if (box.type === 'moov') {
      const reason = 'is an image sequence, which is not supported for HEIC and AVIF; send a video or a GIF.';
      throw new Rejected('unsupported_media', reason);
    }
    if (box.type === 'meta') meta ??= box;
  }
  if (!meta) throw new Rejected('invalid_media', 'has no index (meta): it may be cut off.');
  if (meta.end > file.size) throw new Rejected('invalid_media', 'is cut off inside its index (meta).');
  return meta;
}

function readLayer(file: FileBytes, tables: ItemTables, id: number): Layer {
  if (tables.types.get(id) !== 'grid') {
    const tile = readCoded(file, tables, id);
    const { width, height, rgbProfile, turns } = tile;
    return { columns: 1, rows: 1, width, height, tiles: [tile], rgbProfile, turns };
  }
  const { turns, rgbProfile } = readProperties(file, tables.properties.get(id) ?? []);
  const grid = readGrid(file, tables.locationOf(id));
  const ids = tables.references.find(({ type, from }) => type === 'dimg' && from === id)?.to ?? [];
  const tiles = readTiles(file, tables, ids, grid);
  return { ...grid, tiles, rgbProfile: rgbProfile ?? tiles[0]!.rgbProfile, turns };
}

function readTiles(file: FileBytes, tables: ItemTables, ids: readonly number[], grid: Tiling): CodedItem[] {
  if (ids.length !== grid.columns * grid.rows)
    throw new Rejected('invalid_media', 'does not contain the tiles that it declares.');
  const tiles = ids.map((tile) => readCoded(file, tables, tile));
  const first = tiles[0]!;
  for (const { kind, width, height, config, turns } of tiles) {
    const isEqual = kind === first.kind && width === first.width && height === first.height;
    if (!isEqual || !config!.equals(first.config!)) throw new NotRewritable('has tiles of different kinds');
    if (turns.length > 0) throw new NotRewritable('has rotated tiles');
  }
  return tiles;
}

function readCoded(file: FileBytes, tables: ItemTables, id: number): CodedItem {
  const type = tables.types.get(id);
  if (type === undefined) throw new Rejected('invalid_media', 'refers to a picture that it does not contain.');
  if (type === 'encrypted') throw new NotRewritable('is encrypted');
  if (!Object.hasOwn(CODECS, type)) {
    throw new NotRewritable(`contains a picture of type "${printable(type)}", which the reader does not support`);
  }
  const kind = type as CodedItem['kind'];
  const properties = readProperties(file, tables.properties.get(id) ?? []);
  if (properties.config?.toString('latin1', 4, 8) !== CODECS[kind].config) {
    throw new Rejected('invalid_media', 'does not declare how to decode its picture.');
  }
  const location = tables.locationOf(id);
  if (location.from + location.bytes > file.size) throw new Rejected('invalid_media', 'is cut off inside its picture.');
  return { ...properties, id, kind, location };
}

/** Reads the alpha channel of the entire picture, or of its tiles. */
function readAlpha(
  file: FileBytes,
  tables: ItemTables,
  colors: Layer,
): { layer: Layer; premultiplied: boolean } | null {
  const own = alphaOf(file, tables, tables.primary);
  const premultiplied = tables.references.some(({ type, from }) => type === 'prem' && from === tables.primary);
  const ofTiles = colors.tiles.map(({ id }) => alphaOf(file, tables, id)).filter((id) => id !== null);
  const { columns, rows, width, height } = colors;
  let layer: Layer;
  if (own !== null) layer = readLayer(file, tables, own);
  else if (ofTiles.length === 0) return null;
  else
    layer = {
      columns,
      rows,
      width,
      height,
      tiles: readTiles(file, tables, ofTiles, colors),
      rgbProfile: null,
      turns: [],
    };
  if (layer.width !== width || layer.height !== height || layer.tiles[0]!.kind !== colors.tiles[0]!.kind) {
    throw new NotRewritable('has an alpha channel whose size or codec differs from its picture');
  }
  return { layer, premultiplied };
}

function alphaOf(file: FileBytes, tables: ItemTables, id: number): number | null {
  for (const { type, from, to } of tables.references) {
    if (type !== 'auxl' || !to.includes(id)) continue;
    if (readProperties(file, tables.properties.get(from) ?? []).isAlpha) return from;
  }
  return null;
}
