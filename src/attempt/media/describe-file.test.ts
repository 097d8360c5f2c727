import { describe, expect, it } from 'vitest';
import type { MediaInfo } from '../../ffmpeg/index.ts';
import { describeFile } from './describe-file.ts';
import { summarise } from './summary.ts';

const picture = { index: 0, codec: 'png', width: 640, height: 480, frameRate: 25, durationSeconds: 0.04, frames: 1 };

/** Returns the media info of a file with one video stream. */
function file(fields: object, stream: object = {}): MediaInfo {
  const video = [{ ...picture, isAttachedPicture: false, ...stream }];
  return {
    container: 'png_pipe',
    sizeBytes: 9,
    isImage: true,
    isAnimated: false,
    video,
    audio: [],
    ...fields,
  } as never;
}

describe('the frame rate of a probe', () => {
  const shown = (info: MediaInfo) => describeFile(info, { sizeBytes: 9, container: null }).streams[0];

  it('is null for a still and a cover, for which FFmpeg assumes a frame rate', () => {
    expect(shown(file({}))).toMatchObject({ fps: null, duration_seconds: null, width: 640 });
    expect(shown(file({ isImage: false }, { isAttachedPicture: true }))).toMatchObject({ fps: null, is_cover: true });
    expect(summarise(file({}))).toMatchObject({ fps: null, video_codec: 'png' });
  });

  it('is the rate of the file for a video and an animation', () => {
    expect(shown(file({ isImage: false }))?.fps).toBe(25);
    expect(shown(file({ isAnimated: true }))?.fps).toBe(25);
  });
});
