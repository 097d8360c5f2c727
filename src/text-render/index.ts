/** Draws text as outlines. Importing this module starts HarfBuzz (WebAssembly, 10 ms, 5 MB), so import it only to draw. */
export { drawLayer } from './draw-layer.ts';
export { type FontLibrary, openFonts } from './font-library.ts';
export { missingFonts } from './missing-fonts.ts';
export type { DrawnLayer } from './svg.ts';
