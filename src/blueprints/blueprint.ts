import * as z from 'zod';
import type { createBody } from '../contract/transcodes.ts';

/*
 * A blueprint is a ready-made recipe for a video: a folder here with a `blueprint.ts`, and an entry in `catalogue.ts`. It is
 * pure: it plans requests for transcodes from the inputs of a caller and the facts of the files. Each request becomes a
 * separate job, to which the same policy, sandbox and limits apply as to the request of a client.
 */

/** A request that a blueprint plans: the body of `POST /v1/transcodes`. */
export type PlannedRequest = z.input<typeof createBody>;

/** The facts that a probe finds in a file. */
export interface MediaFacts {
  kind: 'video' | 'image' | 'audio';
  /** Pixels as displayed: after rotation, with square pixels. 0 for audio. */
  width: number;
  height: number;
  /** Degrees clockwise: 0, 90, 180 or 270. FFmpeg rotates while it decodes, so filters see `width` × `height`. */
  rotation: number;
  /** Frames per second; null for images, audio, and if unknown. */
  fps: number | null;
  /** Duration in seconds; null for images, and if the file does not declare a duration. */
  duration: number | null;
  hasAudio: boolean;
  /** Whether the picture can contain transparent parts. */
  hasAlpha: boolean;
}

export type MediaKind = MediaFacts['kind'];

/** The property of a JSON Schema that marks an input as media. */
export const MEDIA_KEY = 'x-media';

/** An input that is a file: a `gs://` URL of the account, or a public URL. Forms show a field for a file or a URL. */
export function media(kind: MediaKind, description: string) {
  return z
    .string()
    .min(1)
    .max(8192)
    .meta({ description, [MEDIA_KEY]: kind });
}

/** An input with fixed values. Numbers are accepted and compared as text, as in `speed: 2`. */
export function choice<const Values extends readonly [string, ...string[]]>(values: Values, description: string) {
  return z.enum(values).describe(description);
}

/** A text that a person writes. `lines` = forms show a field with several lines. */
export function text(max: number, description: string, { lines = false } = {}) {
  return z
    .string()
    .min(1)
    .max(max)
    .meta({ description, ...(lines && { 'x-lines': true }) });
}

export interface BlueprintOutput {
  /** Matches `^[a-z0-9][a-z0-9-]{0,31}$`, and is unique among the outputs of the blueprint. */
  label: string;
  /** An `outputFormat` of transcodes. */
  format: string;
}

export interface PlannedOutput {
  /** One of the labels of `outputsFor`. */
  label: string;
  /** A request for one output, in the format of this label. */
  request: PlannedRequest;
}

/** The second argument of `plan`. */
export interface PlanContext<Name extends string = string> {
  /** Facts by the name of the media input; absent for an optional input that was not sent. */
  facts: Readonly<Partial<Record<Name, MediaFacts>>>;
  /** The reviewed subtitles as SRT, for a blueprint with `captions`; otherwise null. */
  srtText: string | null;
}

/** Why a blueprint can't make an output from these inputs. `reason` and `remedy` are sentences without a full stop. */
export interface PlanProblem {
  field: string;
  reason: string;
  remedy: string;
}

type Shape = Record<string, z.ZodType>;

export interface Blueprint<Inputs extends Shape = Shape> {
  /** The name in URLs, such as `watermark`. */
  slug: string;
  title: string;
  /** One or two sentences for people who choose a blueprint. */
  description: string;
  /** A flat object. `media` creates media inputs. Optional inputs have `.optional()` or `.default(…)`. */
  inputs: z.ZodObject<Inputs>;
  /** Every output that the blueprint can make, in order. */
  outputs: readonly BlueprintOutput[];
  /** The outputs for these inputs. Absent = all of `outputs`. Reads no file. */
  outputsFor?: (inputs: z.output<z.ZodObject<Inputs>>) => readonly BlueprintOutput[];
  /** The media input whose speech becomes subtitles. A person reviews the subtitles before `plan` receives them. */
  captions?: { media: keyof Inputs & string; language?: keyof Inputs & string };
  /**
   * Plans a request for each of `outputsFor(inputs)`, in order. Pure: returns the same requests for the same arguments.
   * `inputs` contains the URLs as the client sent them. Use them as the `url` of the inputs of a request.
   */
  plan: (
    inputs: z.output<z.ZodObject<Inputs>>,
    context: PlanContext<keyof Inputs & string>,
  ) => PlannedOutput[] | { problem: PlanProblem };
}

/** Checks the types of a blueprint at its definition. */
export function defineBlueprint<Inputs extends Shape>(blueprint: Blueprint<Inputs>): Blueprint {
  return blueprint as unknown as Blueprint;
}

/** Returns the outputs for these inputs. */
export function outputsOf(blueprint: Blueprint, inputs: Record<string, unknown>): readonly BlueprintOutput[] {
  return blueprint.outputsFor?.(inputs) ?? blueprint.outputs;
}

/** Returns the kinds of the media inputs by name, in order. */
export function mediaInputs({ inputs }: Pick<Blueprint, 'inputs'>): Map<string, MediaKind> {
  const kinds = Object.entries(inputs.shape).map(([name, schema]) => [name, mediaKind(schema as z.ZodType)] as const);
  return new Map(kinds.flatMap(([name, kind]) => (kind ? [[name, kind] as const] : [])));
}

function mediaKind(schema: z.ZodType): MediaKind | null {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return mediaKind(schema.unwrap() as z.ZodType);
  return (schema.meta()?.[MEDIA_KEY] as MediaKind | undefined) ?? null;
}
