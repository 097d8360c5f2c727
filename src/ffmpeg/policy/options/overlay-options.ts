import type { PlanWarning, Rejection } from '../../types.ts';
import { parseCaptionOverlay } from '../overlays/captions.ts';
import { parseQuoteCard } from '../overlays/quote-card.ts';
import { parseTextOverlay } from '../overlays/text-overlay.ts';
import type { AssetList } from './asset-list.ts';
import { visible } from './options.ts';
import type { VideoStep } from './parsed-request.ts';

export interface OverlayStep {
  step: VideoStep | null;
  rejections: Rejection[];
  warnings: PlanWarning[];
}

const NAMES = ['@text-overlay', '@captions', '@quote-card'];

/** Reads an option whose name begins with `@`: a step that Airlock draws itself. */
export function overlayStep(name: string, argument: unknown, field: string, assets: AssetList): OverlayStep {
  const reject = (reason: string, suggestion: string): OverlayStep => ({
    step: null,
    rejections: [{ field, option: visible(name), reason, suggestion }],
    warnings: [],
  });
  if (!NAMES.includes(name)) {
    return reject('This virtual option does not exist.', `Use one of ${NAMES.join(', ')}.`);
  }
  // A command string cannot contain objects, so they are written as JSON.
  const given = typeof argument === 'string' && argument.trimStart().startsWith('{') ? readJson(argument) : argument;
  const warned = (messages: readonly string[]) => messages.map((message) => ({ field, message }));
  if (name === '@text-overlay') {
    const read = parseTextOverlay(given);
    if (!read.ok) return reject(read.reason, read.suggestion);
    return { step: { type: 'text', overlay: read.overlay, field }, rejections: [], warnings: warned(read.warnings) };
  }
  if (name === '@captions') {
    const read = parseCaptionOverlay(given);
    if (!read.ok) return reject(`${read.key === '' ? '' : `${read.key}: `}${read.reason}`, read.suggestion);
    return {
      step: { type: 'captions', captions: read.captions, field },
      rejections: [],
      warnings: warned(read.warnings),
    };
  }
  const read = parseQuoteCard(given);
  if (!read.ok) return reject(read.reason, read.suggestion);
  const { photoUrl } = read.card;
  const photo = photoUrl === null ? null : assets.add('picture', photoUrl, { field, option: name });
  if (photo !== null && typeof photo !== 'number') return { step: null, rejections: [photo], warnings: [] };
  return { step: { type: 'card', card: read.card, photo, field }, rejections: [], warnings: warned(read.warnings) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
