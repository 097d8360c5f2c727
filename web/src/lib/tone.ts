/** What a colour stands for; '' for nothing in particular. */
export type Tone = 'ok' | 'run' | 'warn' | 'bad' | '';
