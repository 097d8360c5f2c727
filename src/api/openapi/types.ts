/** The parts of an OpenAPI document that this folder edits. */
export interface Document {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export type Schema = Record<string, unknown>;

export interface Media {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

export interface Answer {
  description?: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}

export interface Operation {
  parameters?: object[];
  /** Scopes of which a key needs one. */
  'x-scopes'?: string[];
  security?: object[];
  'x-codeSamples'?: object[];
  requestBody?: { content: Record<string, Media> };
  responses?: Record<string, Answer>;
}
