import type { OptionRequest, TranscodeRequest } from '../../src/contract/transcode-request.ts';
import type { Attack } from './attack-table/rows.ts';

/** Values of the placeholders. The address is an address of this machine from which no service of the tests fetches. */
const WORDS: Readonly<Record<string, string>> = {
  '@SECRET@': '/srv/secret.txt',
  '@SRT@': '/srv/secret.srt',
  '@MEDIA@': '/srv/secret.mkv',
  '@OUTSIDE@': '/srv/outside',
  '@EADDRESS@': '127.0.0.2\\:9999',
  '@ADDRESS@': '127.0.0.2:9999',
  '@EURL@': 'http\\://127.0.0.2\\:9999/x',
  '@URL@': 'http://127.0.0.2:9999/x',
};

/** Returns the body of a create request with paths and addresses that an attacker would try. */
export function asRequest({ request }: Attack): TranscodeRequest {
  const words = (text: string) =>
    Object.entries(WORDS).reduce((made, [word, value]) => made.replaceAll(word, value), text);
  const each = (options: OptionRequest[]) =>
    options.map((entry) => ({
      option: words(entry.option),
      ...(entry.argument !== undefined && {
        argument: typeof entry.argument === 'string' ? words(entry.argument) : entry.argument,
      }),
    }));
  return {
    inputs: [
      {
        url: 'https://files.example.com/clip.mp4',
        ...(request.inputOptions && { options: each(request.inputOptions) }),
      },
    ],
    outputFormat: 'mp4',
    ...(request.options && { options: each(request.options) }),
    ...(request.filters && { filters: request.filters.map((filter) => ({ filter: words(filter) })) }),
  };
}
