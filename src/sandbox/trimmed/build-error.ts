/**
 * Why there is no trimmed build.
 *
 * - `impossible`: this machine cannot build it. The distribution's FFmpeg stays, and the next start of the service looks again.
 * - `later`: a failure that can pass, such as a mirror out of reach. Tried again after a day.
 * - `rejected`: the build failed or its checks found a difference. Not tried again for this source and recipe.
 */
export class TrimmedBuildError extends Error {
  override readonly name = 'TrimmedBuildError';
  readonly kind: 'impossible' | 'later' | 'rejected';

  constructor(kind: TrimmedBuildError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
