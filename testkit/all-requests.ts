// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document is read field by field
type Json = any;

export interface PlannedRequest {
  /** Name of the operation as in the document: `GET /v1/transcodes/{id}`. */
  operation: string;
  method: string;
  path: string;
  body?: unknown;
}

/** Returns values for a parameter of a path or query. Throws for an unknown parameter. */
export type ValuesOf = (parameter: { operation: string; name: string; in: 'path' | 'query' }) => readonly string[];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * Returns a request for each operation of an OpenAPI document, each value of its parameters, and each example of its body. Requests that
 * only read come first, and requests that delete come last. Operations that are not implemented yet are omitted.
 */
export function requestsOf(document: Json, valuesOf: ValuesOf): PlannedRequest[] {
  const requests = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] && !item[method].tags?.includes('later')).flatMap((method) =>
      ofOperation(method, path, item[method], valuesOf),
    ),
  );
  return requests.sort((a, b) => METHODS.indexOf(a.method.toLowerCase()) - METHODS.indexOf(b.method.toLowerCase()));
}

function ofOperation(method: string, path: string, operation: Json, valuesOf: ValuesOf): PlannedRequest[] {
  const name = `${method.toUpperCase()} ${path}`;
  const parameters: Json[] = operation.parameters ?? [];
  const inPath = parameters.filter((one) => one.in === 'path');
  let paths = [path];
  for (const { name: placeholder } of inPath) {
    const values = valuesOf({ operation: name, name: placeholder, in: 'path' });
    paths = paths.flatMap((one) => values.map((value) => one.replace(`{${placeholder}}`, encodeURIComponent(value))));
  }
  const queries = parameters
    .filter((one) => one.in === 'query')
    .flatMap(({ name: key, schema }) => {
      const values: readonly string[] = schema.enum ?? valuesOf({ operation: name, name: key, in: 'query' });
      return values.map((value) => `?${key}=${encodeURIComponent(value)}`);
    });
  const content = operation.requestBody?.content ?? {};
  const bodies = Object.values<Json>(content['application/json']?.examples ?? {}).map(({ value }) => value);
  const single = content['application/json']?.example;
  const sent = [...bodies, ...(single === undefined ? [] : [single])];
  return paths.flatMap((one) =>
    ['', ...queries].flatMap((query) =>
      (sent.length > 0 ? sent : [undefined]).map((body) => ({
        operation: name,
        method: method.toUpperCase(),
        path: one + query,
        ...(body !== undefined && { body }),
      })),
    ),
  );
}
