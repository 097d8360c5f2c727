import { describe, expect, it } from 'vitest';
import { missingFonts, openFonts } from './index.ts';

describe('missingFonts', () => {
  const fonts = openFonts();
  const warningsFor = (name: string) => missingFonts([{ field: 'options[0]', name }], fonts);

  it.each(['DejaVu Sans', 'dejavu sans', 'Arial', 'Liberation Sans:style=Bold', 'DejaVu Sans-12:bold', 'monospace'])(
    'does not warn about %s, which exists or has a substitute',
    (name) => expect(warningsFor(name)).toEqual([]),
  );
  it.each(['NoSuchFont', 'NoSuchFont:style=Bold', 'NoSuchFont-12'])('warns about %s', (name) =>
    expect(warningsFor(name)).toEqual([
      { field: 'options[0]', message: 'There is no font "NoSuchFont" on this machine; FFmpeg used another one.' },
    ]),
  );
});
