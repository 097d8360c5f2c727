/* Values that many examples of the API reference share. */

/** ID of a job, an upload, a key or a person. */
export const ID = '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f';
/** Time of creation in the examples. */
export const AT = '2026-05-22T14:30:45.000Z';
/** Time at which the job of the examples has ended. */
export const LATER = '2026-05-22T14:31:07.000Z';
/** Time at which the outputs of this job are deleted. */
export const NEXT_DAY = '2026-05-23T14:31:07.000Z';
export const FILE = '20260522-143045-interview-raw.mp4';
