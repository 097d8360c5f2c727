import { beforeAll, describe, expect, it } from 'vitest';
import { call, shareService, type TestService } from '../../testkit/service.ts';

/** Checks that texts and patterns with characters beyond ASCII are correct in the built program. */
describe('the built service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await shareService();
  });

  it('sends the consent page with its quotation marks', async () => {
    const redirect = 'https://client.example/callback';
    const made = await call(`${service.api}/oauth/register`, 'POST', null, {
      client_name: 'all tools',
      redirect_uris: [redirect],
    });
    const query = new URLSearchParams({
      ...{ client_id: made.json.client_id, redirect_uri: redirect, response_type: 'code', state: 's' },
      ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
    });
    const headers = { 'sec-fetch-site': 'none' };
    const page = await call(`${service.api}/oauth/authorize?${query}`, 'GET', null, undefined, headers);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('Allow “all tools” to use Airlock?</h1>');
    expect(page.text).toContain('With “Create jobs”, the application');
  });

  it.each(['–crf', '‑crf', '—crf', '−crf'])('reports the look-alike hyphen in %s', async (option) => {
    const options = [{ option, argument: '20' }];
    const body = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4', options };
    const { json } = await service.call('POST', '/v1/transcodes/validate', body);
    expect(json.errors[0].message).toBe('The name contains look-alike characters.');
  });

  it('suggests 720p for the resolution 1280×720', async () => {
    const body = {
      inputs: [{ url: 'https://example.org/a.mp4' }],
      preset: { resolution: '1280×720' },
      outputFormat: 'mp4',
    };
    const { json } = await service.call('POST', '/v1/transcodes', body);
    expect(json.details.near).toBe('720p');
  });
});
