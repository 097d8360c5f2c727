import * as z from 'zod';
import type { Blueprint } from './blueprint.ts';
import { watermark } from './watermark/blueprint.ts';

/** A blueprint that clients of other services know, and that cannot run here. */
export interface UnavailableBlueprint extends Pick<Blueprint, 'slug' | 'title' | 'description' | 'inputs' | 'outputs'> {
  /** The error of every attempt to run it. */
  unavailable: 'generative_not_available';
}

const productAd: UnavailableBlueprint = {
  slug: 'product-ad',
  title: 'Product ad',
  description: 'Generates an advertisement from pictures of a product. Airlock contains no generator.',
  inputs: z.object({}),
  outputs: [],
  unavailable: 'generative_not_available',
};

/** Every blueprint, in the order of the catalogue. A new one takes a folder and an entry here. */
const BLUEPRINTS: readonly (Blueprint | UnavailableBlueprint)[] = [watermark, productAd];

/** Every blueprint by its slug. */
export const blueprints: ReadonlyMap<string, Blueprint | UnavailableBlueprint> = new Map(
  BLUEPRINTS.map((blueprint) => [blueprint.slug, blueprint]),
);
