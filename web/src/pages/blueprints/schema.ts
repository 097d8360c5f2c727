import type { BlueprintInfo } from '../../../../src/contract/blueprints.ts';

/** An input of a blueprint, as its JSON Schema describes it. */
export interface InputField {
  name: string;
  /** The name of the input for people: `Video`. */
  label: string;
  description: string;
  isRequired: boolean;
  /** The kind of file; null if the input is not a file. */
  media: 'video' | 'image' | 'audio' | null;
  /** Values to choose from; null if the input is not limited to certain values. */
  choices: readonly string[] | null;
  /** Initial value; an empty text for none. */
  initial: string;
  maxLength: number | null;
  isLong: boolean;
  isNumber: boolean;
}

interface Property {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  maxLength?: number;
  'x-media'?: 'video' | 'image' | 'audio';
  'x-lines'?: boolean;
}

/** Number of characters above which a text gets a field with several lines. */
const LONG = 150;

/** Returns the inputs of a blueprint, in the order of its schema. */
export function fieldsOf({ inputs }: Pick<BlueprintInfo, 'inputs'>): InputField[] {
  const { properties = {}, required = [] } = inputs as {
    properties?: Record<string, Property>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    label: labelOf(name),
    description: hintOf(name, property.description),
    isRequired: required.includes(name),
    media: property['x-media'] ?? null,
    choices: property.enum ?? null,
    initial: property.default === undefined ? '' : String(property.default),
    maxLength: property['x-media'] ? null : (property.maxLength ?? null),
    isLong: property['x-lines'] === true || (property.maxLength ?? 0) > LONG,
    isNumber: property.type === 'number' || property.type === 'integer',
  }));
}

/** Returns the description, or an empty text for a description that only repeats the label, such as "The video." */
function hintOf(name: string, description = ''): string {
  return description.toLowerCase() === `the ${labelOf(name).toLowerCase()}.` ? '' : description;
}

/** Returns the label of an input: "Video" for `video_url`, and "Caption position" for `caption_position`. */
function labelOf(name: string): string {
  const words = name
    .replace(/_url$/, '')
    .replace(/(\d+)$/, ' $1')
    .replaceAll('_', ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
