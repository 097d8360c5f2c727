import type { TranscribeBody, Transcription } from './transcriptions.ts';

const request: TranscribeBody = {
  media_url: 'https://media.example.com/talk.mp4',
  output_formats: ['srt', 'json'],
  words: true,
};

const text = (format: 'srt' | 'json', size: number, sha256: string): Transcription['outputs'][number] => ({
  ...{ name: format, role: 'text', status: 'completed', format, size, files: 1, duration_seconds: 61.4 },
  ...{ width: null, height: null, video_codec: null, audio_codec: null, sha256 },
  url: `gs://airlock/outputs/019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f/${format}.${format}`,
  delivery: null,
  ...{ error_code: null, error_message: null },
});

const job: Transcription = {
  id: '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f',
  status: 'completed',
  media_url: request.media_url,
  language: 'en',
  task: 'transcribe',
  output_format: 'srt',
  output_url: 'gs://airlock/outputs/019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f.srt',
  outputs: [
    text('srt', 1184, '3f0a9c3c1f6a4f0f6f8b1f0f7f6f5d4c3b2a19080706050403020100ffeeddcc'),
    text('json', 9216, '9d1e8c7b6a5948372615049382716f5e4d3c2b1a0f9e8d7c6b5a49382716051f'),
  ],
  duration_seconds: 61.4,
  progress: 1,
  eta_seconds: 0,
  attempts: 1,
  retry: null,
  priority: 0,
  error_message: null,
  error_code: null,
  error_advice: null,
  metadata: { user: null },
  created_at: '2026-11-26T14:30:45.000Z',
  updated_at: '2026-11-26T14:30:58.000Z',
  started_at: '2026-11-26T14:30:45.120Z',
  completed_at: '2026-11-26T14:30:58.000Z',
  expires_at: '2026-11-27T14:30:58.000Z',
  warnings: [],
};

/** Examples for the documentation, by the names of schemas. */
export const TRANSCRIPTION_EXAMPLES: Readonly<Record<string, unknown>> = {
  TranscribeRequest: request,
  Transcription: job,
  TranscriptionJobList: { items: [job], page: 1, limit: 20, total: 1, next: null },
  TranscriptionCancelAnswer: {
    success: true,
    message: 'Job cancelled successfully',
    job: {
      ...job,
      status: 'canceled',
      outputs: [],
      output_url: null,
      language: null,
      progress: 0.4,
      eta_seconds: null,
    },
  },
};
