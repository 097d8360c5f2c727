/** Returns the path of a template's page. The name is encoded, because names of built-in templates contain a slash. */
export function templatePath(name: string): string {
  return `/templates/${encodeURIComponent(name)}`;
}

/** Returns the path of the page that creates a job with a template. */
export function newJobPath(reference: string): string {
  return `/new?template=${encodeURIComponent(reference)}`;
}

/** Returns the path of the template in the API. */
export function templateApiPath(reference: string): string {
  return `/v1/templates/${encodeURIComponent(reference)}`;
}
