import { find } from './page.ts';

/** Lets the viewer choose the captions of the video. The choice is hidden while there are no captions. */
export class Captions {
  readonly #video: HTMLVideoElement;
  readonly #choice = find<HTMLSelectElement>('captions');
  /** Position of the captions that the key C shows. */
  #last = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    for (const name of ['addtrack', 'removetrack', 'change'] as const)
      video.textTracks.addEventListener(name, () => this.#show());
    this.#choice.addEventListener('change', () => this.#choose(Number(this.#choice.value)));
    this.#show();
  }

  toggle(): void {
    this.#choose(this.#shown() < 0 ? this.#last : -1);
  }

  #tracks(): TextTrack[] {
    return [...this.#video.textTracks].filter(({ kind }) => kind === 'subtitles' || kind === 'captions');
  }

  /** Returns the position of the captions that are shown; -1 if no captions are shown. */
  #shown(): number {
    return this.#tracks().findIndex(({ mode }) => mode === 'showing');
  }

  #choose(position: number): void {
    for (const [index, track] of this.#tracks().entries()) track.mode = index === position ? 'showing' : 'disabled';
    if (position >= 0) this.#last = position;
    this.#show();
  }

  #show(): void {
    const tracks = this.#tracks();
    const nameOf = ({ label, language }: TextTrack, index: number) => label || language || `Captions ${index + 1}`;
    this.#choice.replaceChildren(
      new Option('Off', '-1'),
      ...tracks.map((track, index) => new Option(nameOf(track, index), String(index))),
    );
    this.#choice.value = String(this.#shown());
    this.#choice.closest('label')!.hidden = tracks.length === 0;
  }
}
