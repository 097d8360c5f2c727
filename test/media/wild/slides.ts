import { colour, loud, noSound, seconds, size } from './checks.ts';
import { composed, plain, type WildRow } from './row.ts';

/** Requests for slideshows. */
export const SLIDE_ROWS: readonly WildRow[] = [
  plain(
    'a still with music',
    [['photo', '-loop', '1'], 'music'],
    'mp4',
    ['-c:v', 'libx264', '-tune', 'stillimage', '-c:a', 'aac', '-b:a', '192k', '-pix_fmt', 'yuv420p', '-shortest'],
    // FFmpeg may add up to two seconds of the picture. Airlock ends the video earlier only if the duration is certain.
    seconds(3, 2.2),
    colour(0.5, 0.5, 'lime'),
    loud(0, 2, -30),
  ),
  plain(
    'a still, by a service',
    ['photo', '-loop', '1', '-framerate', '30'],
    'mp4',
    [
      '-t',
      '1',
      '-vf',
      'scale=108:192:force_original_aspect_ratio=increase,crop=108:192',
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      '-r',
      '30',
      '-an',
      '',
      '-movflags',
      '+faststart',
    ],
    seconds(1),
    size(108, 192),
    noSound,
  ),
  plain(
    'a still that fades in',
    [['photo', '-loop', '1', '-t', '2'], 'music'],
    'mp4',
    [
      '-vf',
      'scale=320:180:force_original_aspect_ratio=decrease,pad=320:180:-1:-1:color=black,setsar=1,fade=t=in:st=0:d=1,format=yuv420p',
      '-c:v',
      'libx264',
      '-c:a',
      'aac',
      '-shortest',
    ],
    seconds(2, 0.4),
    colour(0.5, 0.5, 'black'),
    colour(0.5, 0.5, 'lime', 1.5),
  ),
  plain(
    'zoom into a still',
    ['photo', '-loop', '1'],
    'mp4',
    [
      '-vf',
      "zoompan=z='min(zoom+0.0015,1.5)':d=25:x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':s=160x120:fps=25",
      '-t',
      '1',
      '-c:v',
      'libx264',
    ],
    size(160, 120),
    seconds(1),
    colour(0.5, 0.5, 'lime'),
  ),
  plain(
    'zoom out of a still',
    'photo',
    'mp4',
    ['-vf', "scale=640:-1,zoompan=z='if(lte(zoom,1.0),1.5,max(1.001,zoom-0.0015))':d=50:s=160x120:fps=25", '-t', 2],
    seconds(2, 0.2),
    size(160, 120),
  ),
  plain(
    'zoom into a film',
    'halves',
    'mp4',
    ['-vf', "zoompan=z='min(max(zoom,pzoom)+0.01,1.5)':d=1:x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':s=320x180:fps=10"],
    seconds(1),
    colour(0.1, 0.5, 'lime'),
  ),
  composed(
    'a slide show with fades',
    [['photo', '-loop', '1', '-t', '1'], ['poster', '-loop', '1', '-t', '1'], 'music'],
    'mp4',
    {
      filters: [
        '[0:v]scale=160:120,setsar=1,format=yuv420p,setpts=PTS-STARTPTS[v0];[1:v]scale=160:120,setsar=1,format=yuv420p,setpts=PTS-STARTPTS[v1];[v0][v1]xfade=transition=fade:duration=0.5:offset=0.5,format=yuv420p[v]',
      ],
      words: ['-map', '[v]', '-map', '2:a', '-c:v', 'libx264', '-shortest'],
    },
    seconds(1.5, 0.3),
    colour(0.5, 0.5, 'red', 1.3),
  ),
  composed(
    'a slide show of cuts',
    [
      ['photo', '-loop', '1', '-t', '1'],
      ['poster', '-loop', '1', '-t', '1'],
    ],
    'mp4',
    {
      filters: [
        '[0:v]scale=160:120,setsar=1[a];[1:v]scale=160:120,setsar=1[b];[a][b]concat=n=2:v=1:a=0,format=yuv420p[v]',
      ],
      words: ['-map', '[v]'],
    },
    seconds(2, 0.2),
    colour(0.5, 0.5, 'red', 1.5),
  ),
];
