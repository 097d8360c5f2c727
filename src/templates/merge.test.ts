import { describe, expect, it } from 'vitest';
import type { TemplateContent } from '../contract/templates.ts';
import type { CreateBody } from '../contract/transcodes.ts';
import { mergeTemplate } from './merge.ts';

const inputs = [{ url: 'https://example.org/a.mp4' }];
const option = { option: '-crf', argument: 20 };
const merge = (own: Partial<CreateBody>, request: TemplateContent) =>
  mergeTemplate({ inputs, template: 'web', ...own }, { reference: 'web@1', request });

/** Fields of the request, fields of the template, and fields of the resulting job. */
const CASES: [title: string, own: Partial<CreateBody>, template: TemplateContent, merged: TemplateContent][] = [
  [
    'a preset of the request replaces only the members that it contains',
    { preset: { quality: 'high' } },
    { outputFormat: 'mp4', preset: { quality: 'low', resolution: '480p' } },
    { outputFormat: 'mp4', preset: { quality: 'high', resolution: '480p' } },
  ],
  [
    'a preset of the request removes the options, because a preset has no effect with options',
    { preset: { quality: 'high' } },
    { outputFormat: 'mp4', options: [option] },
    { outputFormat: 'mp4', preset: { quality: 'high' } },
  ],
  [
    'options of the request remove the preset of the template',
    { options: [option] },
    { outputFormat: 'mp4', preset: { quality: 'low' } },
    { outputFormat: 'mp4', options: [option] },
  ],
  [
    'outputs of the request replace all fields about the output',
    { outputs: [{ outputFormat: 'mp3' }] },
    { outputFormat: 'mp4', filters: [{ filter: 'hflip' }], priority: 2 },
    { outputs: [{ outputFormat: 'mp3' }], priority: 2 },
  ],
  [
    'a format of the request replaces the outputs of the template',
    { outputFormat: 'webm', preset: { quality: 'low' } },
    { outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'mp3' }] },
    { outputFormat: 'webm', preset: { quality: 'low' } },
  ],
  [
    'a format of the request keeps the filters of the template',
    { outputFormat: 'webm' },
    { outputFormat: 'mp4', filters: [{ filter: 'hflip' }] },
    { outputFormat: 'webm', filters: [{ filter: 'hflip' }] },
  ],
  [
    'metadata and limits are merged, and other fields are replaced',
    { metadata: { a: 1 }, limits: { wall_seconds: 5 }, retention_seconds: 60, disarm: false },
    { outputFormat: 'mp4', metadata: { a: 0, b: 2 }, limits: { memory_mb: 512 }, retention_seconds: 90, disarm: true },
    {
      ...{ outputFormat: 'mp4', metadata: { a: 1, b: 2 }, limits: { memory_mb: 512, wall_seconds: 5 } },
      ...{ retention_seconds: 60, disarm: false },
    },
  ],
  [
    'an undefined field of the request replaces nothing',
    { preset: undefined },
    { outputFormat: 'mp4' },
    { outputFormat: 'mp4' },
  ],
];

describe('a request with a template', () => {
  it.each(CASES)('%s', (_, own, template, merged) => {
    expect(merge(own, template)).toEqual({ body: { inputs, template: 'web', ...merged } });
  });

  it('conflicts with a template of several outputs if it changes an output without naming it', () => {
    const several: TemplateContent = { outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'mp3' }] };
    expect(merge({ filters: [{ filter: 'hflip' }] }, several)).toMatchObject({ conflict: { field: 'filters' } });
  });

  it('does not change the template', () => {
    const template: TemplateContent = { outputFormat: 'mp4', options: [option], metadata: { a: 0 } };
    merge({ preset: { quality: 'low' }, metadata: { a: 1 } }, template);
    expect(template).toEqual({ outputFormat: 'mp4', options: [option], metadata: { a: 0 } });
  });
});
