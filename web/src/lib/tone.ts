/** The meaning of a color; an empty text for no meaning. */
export type Tone = 'ok' | 'run' | 'warn' | 'bad' | '';
