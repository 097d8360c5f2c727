/** An event that `/v1/events` sends, or `stream.open` when the stream begins or has been resumed. */
export interface LiveEvent {
  type: string;
  data: Record<string, unknown> & { job_id?: string };
}
