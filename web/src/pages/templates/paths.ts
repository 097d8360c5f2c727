/** The page of a template. The names of built-in templates contain a slash. */
export function templatePath(name: string): string {
  return `/templates/${encodeURIComponent(name)}`;
}

/** The page that creates a job with a template. */
export function newJobPath(reference: string): string {
  return `/new?template=${encodeURIComponent(reference)}`;
}

/** The path of the template in the API. */
export function templateApiPath(reference: string): string {
  return `/v1/templates/${encodeURIComponent(reference)}`;
}
