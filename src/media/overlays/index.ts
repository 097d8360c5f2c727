export { photoDiameter } from './card-geometry.ts';
export { type CardLabels, type OverlayLabels, quoteCardFilters, textOverlayFilters } from './overlay-filters.ts';
export { parseQuoteCard, type QuoteCardResult } from './quote-card.ts';
export { parseTextOverlay, type TextOverlayResult } from './text-overlay.ts';
export type * from './types.ts';
