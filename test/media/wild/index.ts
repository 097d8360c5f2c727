import { COMPOSED_ROWS } from './composed.ts';
import { FILE_ROWS } from './files.ts';
import { PICTURE_ROWS } from './picture.ts';
import type { WildRow } from './row.ts';
import { SLIDE_ROWS } from './slides.ts';
import { STILL_ROWS } from './stills.ts';
import { TIME_ROWS } from './time.ts';
import { WORD_ROWS } from './words.ts';

export const WILD_ROWS: readonly WildRow[] = [
  ...FILE_ROWS,
  ...TIME_ROWS,
  ...PICTURE_ROWS,
  ...COMPOSED_ROWS,
  ...SLIDE_ROWS,
  ...WORD_ROWS,
  ...STILL_ROWS,
];
