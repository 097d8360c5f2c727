import type { CreateTemplateBody, ReplaceTemplateBody, Template, TemplateSummary } from '../../contract/templates.ts';
import { AT } from './example-values.ts';

const first: CreateTemplateBody = {
  name: 'web-small',
  description: 'Previews in the shop',
  request: { outputFormat: 'mp4', preset: { quality: 'low', resolution: '480p' } },
};

const next: ReplaceTemplateBody = {
  description: 'Previews in the shop',
  request: { outputFormat: 'mp4', preset: { quality: 'medium', resolution: '480p' }, retention_seconds: 3600 },
};

const summary: TemplateSummary = {
  name: 'web-small',
  version: 1,
  description: 'Previews in the shop',
  built_in: false,
  created_at: AT,
  updated_at: AT,
};

const shown: Template = { ...summary, request: first.request, versions: [{ version: 1, created_at: AT }] };

const builtIn: TemplateSummary = {
  name: 'airlock/web',
  version: 1,
  description: 'MP4 for all browsers: H.264 and AAC, at most 1080p. Playback starts before the download ends.',
  built_in: true,
  created_at: null,
  updated_at: null,
};

/** Examples of requests and responses about templates, by the name of their schema. */
export const TEMPLATE_EXAMPLES: Readonly<Record<string, unknown>> = {
  CreateTemplateRequest: first,
  ReplaceTemplateRequest: next,
  Template: shown,
  TemplateList: { items: [summary, builtIn], next: null },
  RemovedTemplate: { id: 'web-small', object: 'template', deleted: true },
};
