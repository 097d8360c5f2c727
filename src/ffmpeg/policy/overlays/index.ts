export { photoDiameter } from './card-geometry.ts';
export { quoteCardFilters, textOverlayFilters } from './overlay-filters.ts';
export { parseQuoteCard } from './quote-card.ts';
export { parseTextOverlay } from './text-overlay.ts';
export type * from './types.ts';
