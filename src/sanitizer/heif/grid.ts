import type { FileBytes } from '../file-bytes.ts';
import { checkSize } from '../limits.ts';
import { Rejected } from '../verdicts.ts';
import { fieldsOf } from './fields.ts';
import type { ItemLocation } from './item-tables.ts';

/** Reads an item of type `grid` (ISO/IEC 23008-12, 6.6.2.3). */
export function readGrid(file: FileBytes, location: ItemLocation) {
  if (location.bytes > 12) throw new Rejected('invalid_media', 'has an implausibly long tile description.');
  const fields = fieldsOf(Buffer.from(file.read(location.from, location.bytes)), 0);
  fields.number(1);
  const wide = (fields.number(1) & 1) === 1;
  const rows = fields.number(1) + 1;
  const columns = fields.number(1) + 1;
  const width = fields.number(wide ? 4 : 2);
  const height = fields.number(wide ? 4 : 2);
  if (width === 0 || height === 0) throw new Rejected('invalid_media', 'does not declare the size of its picture.');
  checkSize(width, height);
  return { columns, rows, width, height };
}
