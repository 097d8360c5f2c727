/** Header of the embedded gateway's response to a copy: the size of the copied object, so that no HEAD has to follow. */
export const COPIED_SIZE = 'x-airlock-size';
