import { clock, find } from './page.ts';
import { type Thumbnail, thumbnailAt } from './thumbnails.ts';

/** Width of the slider's knob in pixels. At both ends, the middle of the knob is half a knob inside the slider. */
const KNOB = 16;

/** Connects the slider with the video. Shows a picture and the time above the position at which a viewer points. */
export class Timeline {
  readonly #video: HTMLVideoElement;
  readonly #base: string;
  readonly #slider = find<HTMLInputElement>('seek');
  readonly #preview = find<HTMLElement>('preview');
  readonly #picture = find<HTMLElement>('picture');
  readonly #at = find<HTMLElement>('at');
  readonly #sheets = new Map<string, HTMLImageElement>();
  #thumbnails: readonly Thumbnail[] = [];
  #isDragged = false;

  constructor(video: HTMLVideoElement, base: string) {
    this.#video = video;
    this.#base = base;
    for (const name of ['timeupdate', 'seeking', 'durationchange', 'progress'] as const)
      video.addEventListener(name, () => this.#show());
    this.#slider.addEventListener('input', () => this.#drag());
    this.#slider.addEventListener('change', () => this.#drop());
    this.#slider.addEventListener('pointermove', (event) => this.#point(this.#timeAt(event.clientX)));
    for (const name of ['pointerleave', 'blur'] as const)
      this.#slider.addEventListener(name, () => this.#hidePreview());
  }

  setThumbnails(thumbnails: readonly Thumbnail[]): void {
    this.#thumbnails = thumbnails;
  }

  #drag(): void {
    this.#isDragged = true;
    const seconds = Number(this.#slider.value);
    this.#video.currentTime = seconds;
    this.#point(seconds);
    this.#show();
  }

  #drop(): void {
    this.#isDragged = false;
    this.#hidePreview();
    this.#show();
  }

  /** Shows the position of the video. While a viewer drags the knob, the knob stays with the pointer. */
  #show(): void {
    const { duration, currentTime } = this.#video;
    if (!Number.isFinite(duration) || duration <= 0) return;
    const slider = this.#slider;
    slider.disabled = false;
    slider.max = String(duration);
    if (!this.#isDragged) slider.value = String(currentTime);
    slider.setAttribute('aria-valuetext', `${clock(currentTime)} of ${clock(duration)}`);
    slider.style.setProperty('--played', `${(100 * Number(slider.value)) / duration}%`);
    slider.style.setProperty('--loaded', `${(100 * this.#loadedTo(currentTime)) / duration}%`);
    find('time').textContent = `${clock(currentTime)} / ${clock(duration)}`;
  }

  #loadedTo(seconds: number): number {
    const { buffered } = this.#video;
    for (let index = 0; index < buffered.length; index += 1)
      if (buffered.start(index) <= seconds + 0.1 && seconds < buffered.end(index)) return buffered.end(index);
    return seconds;
  }

  #timeAt(clientX: number): number {
    const { left, width } = this.#slider.getBoundingClientRect();
    const share = (clientX - left - KNOB / 2) / (width - KNOB);
    return Math.max(0, Math.min(1, share)) * this.#video.duration;
  }

  #point(seconds: number): void {
    if (!Number.isFinite(seconds)) return;
    this.#at.textContent = clock(seconds);
    const thumbnail = thumbnailAt(this.#thumbnails, seconds);
    this.#picture.hidden = thumbnail === undefined;
    if (thumbnail) this.#showPicture(thumbnail);
    this.#preview.hidden = false;
    const { width } = this.#slider.getBoundingClientRect();
    const middle = KNOB / 2 + (seconds / this.#video.duration) * (width - KNOB);
    const half = this.#preview.offsetWidth / 2;
    this.#preview.style.left = `${Math.max(half, Math.min(width - half, middle))}px`;
  }

  #showPicture({ file, x, y, width, height }: Thumbnail): void {
    const sheet = this.#sheets.get(file) ?? this.#load(file);
    this.#picture.style.width = `${width}px`;
    this.#picture.style.height = `${height}px`;
    sheet.style.transform = `translate(${-x}px, ${-y}px)`;
    if (this.#picture.firstChild !== sheet) this.#picture.replaceChildren(sheet);
  }

  /** Loads a picture. Each picture is loaded only once, because a link to storage expires, but a loaded picture stays. */
  #load(file: string): HTMLImageElement {
    const image = new Image();
    image.alt = '';
    image.draggable = false;
    image.src = `${this.#base}/thumbnails/${file}`;
    this.#sheets.set(file, image);
    return image;
  }

  #hidePreview(): void {
    if (!this.#isDragged) this.#preview.hidden = true;
  }
}
