/** Filters that give all mixed sounds the same sample rate and channels. */
const COMMON = 'aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo';
/** Seconds of the fade-in and the fade-out of music. */
const [FADE_IN, FADE_OUT] = [0.4, 1.6];
/** Volume of music without and with a voice, as factors. */
const [ALONE, UNDER_VOICE] = [0.8, 0.45];
/**
 * While the voice is louder than about −32 dB, the volume of the music drops by a factor of up to 8 within 15 ms. The volume returns over
 * half a second, so that the music doesn't pump between words.
 */
const DUCKING = 'sidechaincompress=threshold=0.025:ratio=8:attack=15:release=500:knee=4:detection=rms';

/** Options of the input with the music. The music repeats until another part of the command ends the output. */
export const REPEATED = [{ option: '-stream_loop', argument: -1 }];

/**
 * Returns a graph with the output label `a`: music that repeats for `seconds`, gets quieter while somebody speaks, and fades out. `voice` =
 * label of the sound of the video; null = no sound. If `seconds` is null because the duration is unknown, the music does not fade out.
 */
export function withMusic({ music, voice, seconds }: { music: string; voice: string | null; seconds: number | null }) {
  const ends =
    seconds === null
      ? ''
      : `,atrim=duration=${number(seconds)},afade=t=out:st=${number(Math.max(0, seconds - FADE_OUT))}:d=${FADE_OUT}:curve=qsin`;
  const bed = (volume: number) => `[${music}]${COMMON},volume=${volume},afade=t=in:st=0:d=${FADE_IN}${ends}`;
  if (voice === null) return `${bed(ALONE)}[a]`;
  // If the sound ends before the picture, the music must continue.
  const whole = seconds === null ? '' : `,apad=whole_dur=${number(seconds)},atrim=duration=${number(seconds)}`;
  return [
    `[${voice}]${COMMON}${whole},asplit=2[voice][key]`,
    `${bed(UNDER_VOICE)}[bed]`,
    `[bed][key]${DUCKING}[ducked]`,
    '[voice][ducked]amix=inputs=2:duration=first:normalize=0,alimiter=limit=0.95[a]',
  ].join(';');
}

function number(value: number): number {
  return Math.round(value * 1000) / 1000;
}
