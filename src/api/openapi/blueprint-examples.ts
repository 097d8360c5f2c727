import type { BlueprintRun, BlueprintRunItem, CreatedRun } from '../../contract/blueprints.ts';
import { AT, LATER, NEXT_DAY } from './example-values.ts';

const ID = '01a2255a-5c1e-7b1e-9f57-6d1d3d1e8a40';
const LINK = 'https://storage.example.org/outputs/…?X-Amz-Expires=600&X-Amz-Signature=…';

const item: BlueprintRunItem = {
  id: ID,
  blueprint: 'watermark',
  status: 'completed',
  step: 'done',
  inputs: [{ url: 'gs://airlock/20260522-143011-talk.mp4' }, { url: 'https://example.com/logo.png' }],
  error_message: null,
  error_code: null,
  error_advice: null,
  retry: null,
  tokens_charged: 0,
  tokens_spent: 0,
  metadata: { user: { order: 17 } },
  created_at: AT,
  completed_at: LATER,
  expires_at: NEXT_DAY,
};

const run: BlueprintRun = { ...item, output_url: LINK, outputs: [{ label: 'video', url: LINK }], srt_text: null };

const created: CreatedRun = { id: ID, status: 'pending', blueprint: 'watermark', tokens_charged: 0 };

const watermark = {
  slug: 'watermark',
  title: 'Watermark',
  description: 'Puts a logo on a video.',
  inputs: {
    type: 'object',
    properties: {
      video_url: { type: 'string', description: 'The video.', 'x-media': 'video', format: 'uri' },
      logo_url: { type: 'string', description: 'The logo.', 'x-media': 'image', format: 'uri' },
      size: { type: 'string', description: 'The size of the logo.', enum: ['small', 'medium'], default: 'medium' },
    },
    required: ['video_url', 'logo_url'],
  },
  outputs: [{ label: 'video', format: 'mp4' }],
  available: true,
};

/** Examples of requests and responses about blueprints, by the name of their schema. */
export const BLUEPRINT_EXAMPLES: Readonly<Record<string, unknown>> = {
  BlueprintList: { items: [watermark] },
  BlueprintRunRequest: { video_url: 'https://example.org/talk.mp4', logo_url: 'https://example.org/logo.png' },
  CreatedBlueprintRun: created,
  BlueprintRun: run,
  BlueprintRunJobList: { items: [item], page: 1, limit: 20, total: 1, next: null },
  BlueprintRunCancelAnswer: {
    success: true,
    message: 'Job cancelled successfully',
    job: { ...run, status: 'canceled', step: 'render', output_url: null, outputs: [] },
  },
  BlueprintRunSource: { url: LINK },
  ContinueBlueprintRun: { srt_text: '1\n00:00:00,500 --> 00:00:02,000\nGo forward ten meters.\n' },
};
