import { describe, expect, it } from 'vitest';
import { missingFonts, openFonts } from './index.ts';

describe('missingFonts', () => {
  const fonts = openFonts();
  const told = (name: string) => missingFonts([{ field: 'options[0]', name }], fonts);

  it.each(['DejaVu Sans', 'dejavu sans', 'Arial', 'Liberation Sans:style=Bold', 'DejaVu Sans-12:bold', 'monospace'])(
    'says nothing of %s, which is there or has a stand-in',
    (name) => expect(told(name)).toEqual([]),
  );
  it.each(['NoSuchFont', 'NoSuchFont:style=Bold', 'NoSuchFont-12'])('warns of %s', (name) =>
    expect(told(name)).toEqual([
      { field: 'options[0]', message: 'There is no font "NoSuchFont" on this machine; FFmpeg took another one.' },
    ]),
  );
});
