import * as z from 'zod';
import type { Blueprint } from './blueprint.ts';
import { boomerang } from './boomerang/blueprint.ts';
import { cameraGlide } from './camera-glide/blueprint.ts';
import { captionVideo } from './caption-video/blueprint.ts';
import { hookVariants } from './hook-variants/blueprint.ts';
import { listingKit } from './listing-kit/blueprint.ts';
import { productSlideshow } from './product-slideshow/blueprint.ts';
import { quoteCard } from './quote-card/blueprint.ts';
import { resizeFormat } from './resize-format/blueprint.ts';
import { speedChanger } from './speed-changer/blueprint.ts';
import { videoToGif } from './video-to-gif/blueprint.ts';
import { viralShort } from './viral-short/blueprint.ts';
import { watermark } from './watermark/blueprint.ts';
import { zoomIn } from './zoom-in/blueprint.ts';
import { zoomOut } from './zoom-out/blueprint.ts';

/** A blueprint of other services that this server can't run. */
export interface UnavailableBlueprint extends Pick<Blueprint, 'slug' | 'title' | 'description' | 'inputs' | 'outputs'> {
  /** The error code of every attempt to run the blueprint. */
  unavailable: 'generative_not_available';
}

const productAd: UnavailableBlueprint = {
  slug: 'product-ad',
  title: 'Product ad',
  description:
    'Generates an advertisement from pictures of a product. Not available: it needs a generative model, and Airlock has none.',
  inputs: z.object({}),
  outputs: [],
  unavailable: 'generative_not_available',
};

/** Every blueprint, in the order of the catalogue. To add a blueprint, add a folder and an entry here. */
const BLUEPRINTS: readonly (Blueprint | UnavailableBlueprint)[] = [
  captionVideo,
  viralShort,
  hookVariants,
  quoteCard,
  watermark,
  resizeFormat,
  listingKit,
  zoomIn,
  zoomOut,
  cameraGlide,
  boomerang,
  speedChanger,
  videoToGif,
  productSlideshow,
  productAd,
];

/** Every blueprint by its slug. */
export const blueprints: ReadonlyMap<string, Blueprint | UnavailableBlueprint> = new Map(
  BLUEPRINTS.map((blueprint) => [blueprint.slug, blueprint]),
);
