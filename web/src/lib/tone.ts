/** The meaning of a colour; '' for no meaning. */
export type Tone = 'ok' | 'run' | 'warn' | 'bad' | '';
