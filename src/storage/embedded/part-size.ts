/**
 * Parameter of the POST that begins an upload in parts, an extension of S3: the size of every part but the last, in bytes. The gateway then
 * writes each part where it belongs in the object, and does not copy the parts when it joins them. Other stores never receive this
 * parameter.
 */
export const PART_SIZE = 'airlock-part-size';
