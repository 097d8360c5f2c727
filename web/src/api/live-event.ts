/** An event as it comes from `/v1/events`; `stream.open` when the stream begins or has been resumed. */
export interface LiveEvent {
  type: string;
  data: Record<string, unknown> & { job_id?: string };
}
