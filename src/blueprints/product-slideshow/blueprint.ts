import * as z from 'zod';
import { choice, defineBlueprint, type MediaFacts, media } from '../blueprint.ts';
import { FORMATS, keptShare, reframe, type Size, sourceSize } from '../shared/frame.ts';
import { eased, moveWindow, type Window, zoomWindow } from '../shared/motion.ts';
import { encoded } from '../shared/request.ts';
import { REPEATED, withMusic } from '../shared/sound.ts';

const FPS = 30;
/** Seconds of each photo, and of the cross-fade to the next photo. */
const [SECONDS, FADE] = [3.2, 0.7];
const FRAMES = Math.round(SECONDS * FPS);
/** Share of each side that a movement cuts off. */
const CUT = 0.05;
/** Share of a photo that must remain so that the photo fills the frame. A product must not be cut off. */
const FILL_SHARE = 0.85;

/** Maximum pixels of a photo's short side. A larger photo is first scaled down to this size. */
const LARGEST = 1350;

/** Movements that alternate, so that no photo moves like the previous photo. */
const MOVEMENTS: readonly (() => Window)[] = [
  () => zoomWindow(0, CUT, FRAMES),
  () => glide(`(${2 * CUT}*${eased(FRAMES)})`),
  () => zoomWindow(CUT, 0, FRAMES),
  () => glide(`(${2 * CUT}-${2 * CUT}*${eased(FRAMES)})`),
];

function glide(left: string): Window {
  return { left, top: `${CUT}`, right: `(${left}+${1 - 2 * CUT})`, bottom: `${1 - CUT}` };
}

export const productSlideshow = defineBlueprint({
  slug: 'product-slideshow',
  title: 'Product slideshow',
  description:
    'Shows two to five photos one after another, with slow movements and cross-fades. Music fades out with the last photo.',
  inputs: z.object({
    photo1_url: media('image', 'The first photo.'),
    photo2_url: media('image', 'The second photo.'),
    photo3_url: media('image', 'The third photo.').optional(),
    photo4_url: media('image', 'The fourth photo.').optional(),
    photo5_url: media('image', 'The fifth photo.').optional(),
    music_url: media('audio', 'The music. It repeats if the video is longer.').optional(),
    aspect: choice(['9x16', '1x1', '16x9'], 'The aspect ratio of the video.').default('9x16'),
  }),
  outputs: [{ label: 'video', format: 'mp4' }],
  plan({ music_url, aspect, ...photos }, { facts }) {
    const names = ['photo1_url', 'photo2_url', 'photo3_url', 'photo4_url', 'photo5_url'] as const;
    const shown = names.flatMap((name) => (photos[name] === undefined ? [] : [{ url: photos[name], name }]));
    const frame = FORMATS[aspect];
    const graph = [...shown.map(({ name }, index) => slide(index, facts[name]!, frame)), ...crossFades(shown.length)];
    const seconds = shown.length * (SECONDS - FADE) + FADE;
    if (music_url !== undefined) graph.push(withMusic({ music: `${shown.length}:a`, voice: null, seconds }));
    return [
      {
        label: 'video',
        request: {
          inputs: [
            ...shown.map(({ url }) => ({ url })),
            ...(music_url === undefined ? [] : [{ url: music_url, options: REPEATED }]),
          ],
          outputFormat: 'mp4',
          filters: graph.map((filter) => ({ filter })),
          options: encoded(music_url === undefined ? ['v'] : ['v', 'a']),
        },
      },
    ];
  },
});

/** Shows one photo as a moving picture with the label `p<index>`. Photos have full-range colors, but videos do not. */
function slide(index: number, source: MediaFacts, frame: Size): string {
  const fit = keptShare(source, frame) >= FILL_SHARE ? 'crop' : 'pad';
  const options = ':out_color_matrix=bt709:out_range=limited';
  const { width, height } = sourceSize(source, LARGEST);
  const ground = `[${index}:v]scale=w=${width}:h=${height}:flags=lanczos,setsar=1${source.hasAlpha ? onWhite(index) : ''}[g${index}]`;
  const framed = reframe({ from: `g${index}`, to: `f${index}`, options }, { source, frame, fit });
  const still = `format=yuv420p,settb=expr=1/${FPS},loop=loop=${FRAMES - 1}:size=1:start=0,setpts=N,fps=fps=${FPS}`;
  return `${ground};${framed};[f${index}]${still},${moveWindow(MOVEMENTS[index % MOVEMENTS.length]!())}[p${index}]`;
}

/** Puts a transparent photo on a white background. */
function onWhite(index: number): string {
  return (
    `,format=rgba,split=2[a${index}][b${index}];` +
    `[b${index}]drawbox=x=0:y=0:w=iw:h=ih:color=white:t=fill:replace=1[w${index}];[w${index}][a${index}]overlay=format=rgb`
  );
}

function crossFades(count: number): string[] {
  return Array.from({ length: count - 1 }, (_, index) => {
    const from = index === 0 ? 'p0' : `x${index}`;
    const to = index === count - 2 ? 'v' : `x${index + 1}`;
    const offset = Math.round((index + 1) * (SECONDS - FADE) * 1000) / 1000;
    return `[${from}][p${index + 1}]xfade=transition=fade:duration=${FADE}:offset=${offset}[${to}]`;
  });
}
