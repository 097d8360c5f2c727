import { outputFields } from '../contract/output-request.ts';
import type { TemplateContent } from '../contract/templates.ts';
import type { CreateBody } from '../contract/transcodes.ts';

/** Fields of a single output. None of them can be combined with `outputs`. */
const OF_ONE_OUTPUT = ['outputFormat', ...Object.keys(outputFields)] as readonly (keyof TemplateContent)[];
/** Fields whose value is an object that is merged by member. */
const MERGED = ['preset', 'limits', 'metadata'] as const;

export type Merge = { body: CreateBody } | { conflict: { field: string; reason: string; remedy: string } };

/**
 * Adds the fields of a template to a request, whose own fields take precedence. Pure. Fields of the request about outputs
 * remove contradictory fields of the template:
 *
 * | The request has | Removed from the template |
 * | --- | --- |
 * | `outputs` | all fields about outputs |
 * | `outputFormat` | `outputs` |
 * | `preset`, without `options` | `options`, because a preset has no effect with options |
 * | `options` | `preset` |
 *
 * If the template has several outputs, a request with fields of a single output but without a format is a conflict: these
 * fields do not name the output that they change.
 */
export function mergeTemplate(body: CreateBody, { reference, request }: MergedTemplate): Merge {
  const own = present(body);
  const base: TemplateContent = { ...request };
  if (own.outputs) for (const name of OF_ONE_OUTPUT) delete base[name];
  if (own.outputs || own.outputFormat) delete base.outputs;
  const field = OF_ONE_OUTPUT.find((name) => own[name] !== undefined);
  if (base.outputs && field) return { conflict: conflictOf(field, reference) };
  if (own.preset && !own.options) delete base.options;
  if (own.options) delete base.preset;
  const merged = MERGED.map((name) => [name, mergeObjects(base[name], own[name])] as const);
  const found = merged.filter(([, value]) => value !== undefined);
  return { body: { ...base, ...own, ...Object.fromEntries(found) } as CreateBody };
}

interface MergedTemplate {
  reference: string;
  request: TemplateContent;
}

/** Returns the request without fields that are undefined. */
function present(body: CreateBody): Partial<CreateBody> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function mergeObjects(base: object | undefined, own: object | undefined): object | undefined {
  if (!base || !own) return own ?? base;
  const said = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(said) };
}

function conflictOf(field: string, reference: string) {
  return {
    field,
    reason: `does not say which of the outputs of the template "${reference}" it changes`,
    remedy: `Also send output_format or outputs, which replace the outputs of the template`,
  };
}

/** Returns the top-level field of a path such as `outputs[0].preset`: everything before the first dot or bracket. */
export function topField(field: string): string {
  return /^[^.[]*/.exec(field)![0];
}

/** Returns the first field of the request that changes the outputs of a template; null if there is no such field. */
export function changedOutput(body: CreateBody): string | null {
  const names = ['outputs', ...OF_ONE_OUTPUT] as readonly (keyof CreateBody)[];
  return names.find((name) => body[name] !== undefined) ?? null;
}
