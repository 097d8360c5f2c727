import type { ErrorKind } from './job-errors.ts';

/** Errors about templates and connections, which jobs use by name. */
export const RESOURCE_ERRORS = {
  template_exists: {
    status: 409,
    text: 'The template name is already in use',
    advice: 'Choose another name, or save a new version with PUT /v1/templates/{name}.',
  },
  too_many_templates: {
    status: 409,
    text: 'The account has too many templates',
    advice: 'details.metric names the limit. Delete templates that you no longer need, or retry tomorrow.',
  },
  too_many_template_versions: {
    status: 409,
    text: 'The template has too many versions',
    advice: 'Save the request as a new template. You cannot replace or delete a single version.',
  },
  template_read_only: {
    status: 403,
    text: 'Built-in templates are read-only',
    advice: 'Read the template, and save its request as a template of your own with POST /v1/templates.',
  },
  template_not_found: {
    status: 422,
    text: 'Template not found',
    advice: 'Send the name of a template that GET /v1/templates lists. details.near suggests one.',
  },
  connection_exists: {
    status: 409,
    text: 'The connection name is already in use',
    advice: 'Choose another name, or delete the connection first.',
  },
  too_many_connections: {
    status: 409,
    text: 'The account has too many connections',
    advice: 'Delete connections that you no longer need.',
  },
  connection_check_failed: {
    status: 422,
    text: 'The bucket cannot be used',
    advice:
      'Check endpoint, region, bucket and access key. The key needs the rights to read, write and delete objects.',
  },
  connection_not_found: {
    status: 422,
    text: 'Connection not found',
    advice: 'Send the name of a connection that GET /v1/connections lists. details.near suggests one.',
  },
} as const satisfies Record<string, ErrorKind>;
