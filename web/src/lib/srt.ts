/** A cue of subtitles as people edit it. */
export interface EditedCue {
  id: number;
  /** Time as `00:00:01,000`. */
  start: string;
  end: string;
  text: string;
}

const TIMES = /^(\S+) --> (\S+)/;

/** Parses SRT that the server has written: numbered cues, separated by empty lines. */
export function readCues(srt: string): EditedCue[] {
  return srt.split(/\n{2,}/).flatMap((block, id) => {
    const lines = block.trim().split('\n');
    const at = lines.findIndex((line) => TIMES.test(line));
    const [, start, end] = TIMES.exec(lines[at] ?? '') ?? [];
    return start && end ? [{ id, start, end, text: lines.slice(at + 1).join('\n') }] : [];
  });
}

/** Formats cues as SRT. Leaves out cues without text, and empty lines in a cue, which would end the cue. */
export function writeCues(cues: readonly EditedCue[]): string {
  return cues
    .map((cue) => ({
      ...cue,
      text: cue.text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .join('\n'),
    }))
    .filter(({ text }) => text !== '')
    .map(({ start, end, text }, index) => `${index + 1}\n${start} --> ${end}\n${text}\n`)
    .join('\n');
}

/** Returns the seconds of a time such as `00:00:01,000`; NaN for any other text. */
export function secondsOf(time: string): number {
  const [, hours, minutes, seconds, ms] = /^(\d+):(\d\d):(\d\d)[,.](\d{3})$/.exec(time) ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(ms) / 1000;
}
