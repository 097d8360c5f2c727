/** The characters for which a font has glyphs. */
export interface Coverage {
  has(codePoint: number): boolean;
}

/** Reads a `cmap` table: its Unicode subtable of format 12, otherwise the subtable of format 4. Throws if the table is broken. */
export function readCoverage(cmap: Buffer): Coverage {
  const subtables: { format: number; offset: number }[] = [];
  for (let entry = 0; entry < cmap.readUInt16BE(2); entry++) {
    const at = 4 + 8 * entry;
    const platform = cmap.readUInt16BE(at);
    const encoding = cmap.readUInt16BE(at + 2);
    const offset = cmap.readUInt32BE(at + 4);
    const isUnicode = (platform === 0 && encoding !== 5) || (platform === 3 && (encoding === 1 || encoding === 10));
    if (isUnicode) subtables.push({ format: cmap.readUInt16BE(offset), offset });
  }
  const wide = subtables.find((subtable) => subtable.format === 12);
  if (wide) return fromRanges(readFormat12(cmap, wide.offset));
  const basic = subtables.find((subtable) => subtable.format === 4);
  return fromRanges(basic ? readFormat4(cmap, basic.offset) : []);
}

type Ranges = [first: number, last: number][];

function readFormat12(cmap: Buffer, offset: number): Ranges {
  return Array.from({ length: cmap.readUInt32BE(offset + 12) }, (_, group) => {
    const at = offset + 16 + 12 * group;
    return [cmap.readUInt32BE(at), cmap.readUInt32BE(at + 4)];
  });
}

function readFormat4(cmap: Buffer, offset: number): Ranges {
  const bytes = cmap.readUInt16BE(offset + 6);
  const ends = offset + 14;
  const starts = ends + bytes + 2;
  const ranges: Ranges = [];
  for (let segment = 0; segment < bytes; segment += 2) {
    const first = cmap.readUInt16BE(starts + segment);
    const last = cmap.readUInt16BE(ends + segment);
    if (first === 0xffff) continue;
    const rangeOffsetAt = starts + 2 * bytes + segment;
    const rangeOffset = cmap.readUInt16BE(rangeOffsetAt);
    if (rangeOffset === 0) ranges.push([first, last]);
    else
      for (let code = first; code <= last; code++) {
        const glyphAt = rangeOffsetAt + rangeOffset + 2 * (code - first);
        if (glyphAt + 2 <= cmap.length && cmap.readUInt16BE(glyphAt) !== 0) ranges.push([code, code]);
      }
  }
  return ranges;
}

function fromRanges(ranges: Ranges): Coverage {
  const sorted = ranges.sort((a, b) => a[0] - b[0]);
  const firsts = Uint32Array.from(sorted, (range) => range[0]);
  const lasts = Uint32Array.from(sorted, (range) => range[1]);
  return {
    has: (codePoint) => {
      let low = 0;
      let high = firsts.length - 1;
      while (low <= high) {
        const middle = (low + high) >> 1;
        if (codePoint < firsts[middle]!) high = middle - 1;
        else if (codePoint > lasts[middle]!) low = middle + 1;
        else return true;
      }
      return false;
    },
  };
}
