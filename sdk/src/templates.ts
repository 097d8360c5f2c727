import { eachItem } from './pages.ts';
import { randomKey, type Transport } from './transport.ts';
import type { RequestControl, Schemas } from './types.ts';

type Template = Schemas['Template'];
type Signal = Pick<RequestControl, 'signal'>;

/** The templates of the account, and the built-in templates. Changes require the scope `admin`. */
export class Templates {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists all templates by name, the built-in templates last. */
  list({ signal }: Signal = {}): AsyncGenerator<Schemas['TemplateSummary'], void> {
    return eachItem((cursor) =>
      this.#transport.json<Schemas['TemplateList']>('GET', '/v1/templates', {
        signal,
        query: { limit: 100, ...cursor },
      }),
    );
  }

  /** Returns the newest version of a template, or the version that the reference names, such as `web@3`. */
  get(reference: string, control: Signal = {}): Promise<Template> {
    return this.#transport.json('GET', pathOf(reference), control);
  }

  create(template: Schemas['CreateTemplateRequest'], control: RequestControl = {}): Promise<Template> {
    const { idempotencyKey = randomKey(), signal } = control;
    const options = { body: template, idempotencyKey, signal, repeatable: true };
    return this.#transport.json('POST', '/v1/templates', options);
  }

  /** Saves a new version of a template, unless the request equals the newest version. */
  replace(name: string, version: Schemas['ReplaceTemplateRequest'], { signal }: Signal = {}): Promise<Template> {
    return this.#transport.json('PUT', pathOf(name), { body: version, signal, repeatable: true });
  }

  /** Deletes a template with all of its versions. Jobs that used the template stay unchanged. */
  async delete(name: string, { signal }: Signal = {}): Promise<void> {
    await this.#transport.json('DELETE', pathOf(name), { signal });
  }
}

function pathOf(reference: string): string {
  return `/v1/templates/${encodeURIComponent(reference)}`;
}
