import type { OutputFormat, Quality, Resolution } from './formats.ts';

/** One FFmpeg option as the caller wrote it. Absent, `""` and `null` arguments mean a flag without a value. */
export interface OptionRequest {
  option: string;
  argument?: string | number | Record<string, unknown> | null;
}

/** The body of `POST /v1/transcodes` after the shape has been validated and before any policy. */
export interface TranscodeRequest {
  inputs: { url: string; options?: OptionRequest[] }[];
  outputFormat: OutputFormat;
  preset?: { quality?: Quality; resolution?: Resolution };
  options?: OptionRequest[];
  filters?: { filter: string }[];
  metadata?: Record<string, unknown>;
}
