/** Pages that the rules of prose do not cover yet. A page that is edited leaves the list. */
export const UNEDITED = new Set([
  '.github/pull_request_template.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'deploy/ffmpeg/README.md',
  'docs/architecture.md',
  'docs/benchmarks-log.md',
  'docs/blueprints-catalogue.md',
  'docs/configuration.md',
  'docs/decisions/README.md',
  'docs/destinations.md',
  'docs/development.md',
  'docs/failures.md',
  'docs/getting-started.md',
  'docs/ladders.md',
  'docs/migrate/ffmpeg-micro.md',
  'docs/playback.md',
  'docs/quality.md',
  'docs/stills.md',
  'docs/webhooks.md',
  'sdk/README.md',
]);

/** Pages that keep their wording: records of decisions. */
export const RECORDS = /^docs\/decisions\//;
