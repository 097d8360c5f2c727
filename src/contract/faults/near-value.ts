import * as z from 'zod';
import { unwrapSchema } from '../common.ts';
import { nearText } from './near-text.ts';
import { kindOfSchema, valuesOf } from './schema-parts.ts';

/**
 * Returns the accepted value that was probably meant: another spelling or name of one of several values, the same value as another type, or
 * the object that a text represents. Returns undefined if there is none.
 */
export function nearValue(sent: unknown, schema: z.ZodType | null): unknown {
  const values = valuesOf(schema);
  if (values) return typeof sent === 'string' ? (nearText(sent, values) ?? undefined) : undefined;
  const kind = kindOfSchema(schema);
  if (typeof sent === 'number' && kind === 'string') return accepted(String(sent), schema);
  if (schema instanceof z.ZodArray) return listAround(sent, unwrapSchema(schema.element as z.ZodType));
  if (schema instanceof z.ZodObject && typeof sent === 'number') return objectAround(sent, schema);
  if (typeof sent !== 'string' || sent === '') return undefined;
  if (kind === 'number') return accepted(Number(sent), schema);
  if (kind === 'boolean') return { true: true, false: false }[sent.toLowerCase()];
  if (schema instanceof z.ZodObject) return objectAround(sent, schema);
  return undefined;
}

function accepted(value: unknown, schema: z.ZodType | null): unknown {
  return schema?.safeParse(value).success ? value : undefined;
}

/**
 * Returns a list of the sent value if the list accepts such an item: `["video/mp4"]` for `video/mp4`, and `[{"url": "https://…"}]` for
 * `https://…`.
 */
function listAround(sent: unknown, element: z.ZodType): unknown[] | undefined {
  if (Array.isArray(sent)) return undefined;
  if (element.safeParse(sent).success) return [sent];
  const item = element instanceof z.ZodObject && isScalar(sent) ? objectAround(sent, element) : undefined;
  return item === undefined ? undefined : [item];
}

const isScalar = (value: unknown) => (typeof value === 'string' && value !== '') || typeof value === 'number';

/**
 * Returns an object with the sent value: `{"height": 720}` for `720` if the object needs no other field, and `{"quality": "high"}` for
 * `high` if one field of an object without required fields accepts exactly that text. Splits the text of an option with its argument.
 */
function objectAround(sent: unknown, schema: z.ZodObject): Record<string, unknown> | undefined {
  const fields = Object.entries(schema.shape) as [string, z.ZodType][];
  if (!schema.safeParse({}).success) {
    const [option, ...words] = String(sent).split(' ');
    const command = { option, argument: words.join(' ') };
    if (words.length > 0 && 'argument' in schema.shape && schema.safeParse(command).success) return command;
    return fields.map(([name]) => ({ [name]: sent })).find((value) => schema.safeParse(value).success);
  }
  const found = fields.find(([, field]) => valuesOf(unwrapSchema(field))?.includes(sent));
  return found && { [found[0]]: sent };
}
