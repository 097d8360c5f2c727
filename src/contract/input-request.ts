import * as z from 'zod';
import { rule } from './faults/rule.ts';
import { nullable } from './nullable.ts';
import { option } from './output-request.ts';
import { uploadInput } from './upload-inputs.ts';

/** Fields of an input, without the rule that an input has either a URL or an upload. */
export const inputFields = z.object({
  url: nullable(z.string().min(1).max(8192)).describe(
    'A `gs://` URL of this account, a public `https://` or `http://` URL, or a small picture as `data:`. Required without `upload`.',
  ),
  upload: nullable(uploadInput).describe(
    'A file that you upload after this request, instead of `url`. The response contains the URLs to which you send the bytes. The job starts when they have arrived.',
  ),
  options: nullable(z.array(option).max(64)).describe('Options placed before the `-i` of this input.'),
});

export const inputRequest = inputFields
  .superRefine(({ url, upload }, context) => {
    if (url === undefined && upload === undefined) {
      context.addIssue({ code: 'custom', path: ['url'], message: 'missing' });
    } else if (url !== undefined && upload !== undefined) {
      const message = rule('is sent together with "url"', 'Send the URL of a source, or a file to upload');
      context.addIssue({ code: 'custom', path: ['upload'], message });
    }
  })
  .meta({ id: 'InputRequest', description: 'A source of a job.' });
