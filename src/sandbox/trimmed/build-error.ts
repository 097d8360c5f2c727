/**
 * Why Airlock has no trimmed build.
 *
 * - `impossible`: this machine can't build FFmpeg. Cells keep the distribution's FFmpeg. Airlock tries again after the next start.
 * - `later`: a temporary failure, such as an unreachable mirror. Airlock tries again after a day.
 * - `rejected`: the build failed, or its checks found a difference. Airlock doesn't try this source and recipe again.
 */
export class TrimmedBuildError extends Error {
  override readonly name = 'TrimmedBuildError';
  readonly kind: 'impossible' | 'later' | 'rejected';

  constructor(kind: TrimmedBuildError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
