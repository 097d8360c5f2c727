/** Text as outlines. Loading this folder starts HarfBuzz (WebAssembly, 10 ms, 5 MB): import it where a layer is drawn. */
export { drawLayer } from './draw-layer.ts';
export { type FontLibrary, openFonts } from './font-library.ts';
export { missingFonts } from './missing-fonts.ts';
export type { DrawnLayer } from './svg.ts';
