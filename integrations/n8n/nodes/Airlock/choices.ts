import type { IDataObject, ILoadOptionsFunctions, INodePropertyOptions, ResourceMapperFields } from 'n8n-workflow';
import { listItems, send } from './client';

/** Returns the templates of the server as choices. */
export async function getTemplates(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  const templates = await listItems(this, { path: '/v1/templates', limit: 500 });
  return templates.map(({ name, description }) => ({
    name: String(name),
    value: String(name),
    ...(description ? { description: String(description) } : {}),
  }));
}

/** Returns the blueprints that the server can run as choices. */
export async function getBlueprints(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  const blueprints = await readBlueprints(this);
  return blueprints
    .filter(({ available }) => available !== false)
    .map(({ title, slug, description }) => ({
      name: String(title),
      value: String(slug),
      description: String(description ?? ''),
    }));
}

/** Returns the inputs of the chosen blueprint as fields of a form. */
export async function getBlueprintInputs(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
  const chosen = this.getCurrentNodeParameter('blueprint') as string;
  const blueprint = (await readBlueprints(this)).find(({ slug }) => slug === chosen);
  const schema = (blueprint?.inputs ?? {}) as IDataObject;
  const required = (schema.required ?? []) as string[];
  const fields = Object.entries((schema.properties ?? {}) as Record<string, IDataObject>).map(([id, property]) => {
    const choices = property.enum as (string | number)[] | undefined;
    return {
      id,
      displayName: id.replaceAll('_', ' '),
      required: required.includes(id),
      defaultMatch: false,
      display: true,
      type: choices ? ('options' as const) : ('string' as const),
      ...(choices && { options: choices.map((value) => ({ name: String(value), value })) }),
    };
  });
  return { fields };
}

async function readBlueprints(functions: ILoadOptionsFunctions): Promise<IDataObject[]> {
  return ((await send(functions, { path: '/v1/blueprints' })).items ?? []) as IDataObject[];
}
