import type {
  IAuthenticateGeneric,
  ICredentialTestRequest,
  ICredentialType,
  Icon,
  INodeProperties,
} from 'n8n-workflow';

/** The address of an Airlock server, and an API key of this server. */
export class AirlockApi implements ICredentialType {
  name = 'airlockApi';

  displayName = 'Airlock API';

  icon: Icon = { light: 'file:../icons/airlock.svg', dark: 'file:../icons/airlock.dark.svg' };

  properties: INodeProperties[] = [
    {
      displayName: 'Address',
      name: 'url',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'https://video.example.com',
      description: 'URL of your Airlock server, without a path',
    },
    {
      displayName: 'API Key',
      name: 'apiKey',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      placeholder: 'al_live_…',
      description:
        'Create a key with <code>./airlock keys create --name n8n --scopes transcode,upload,read</code>. The Airlock Trigger also requires the scope <code>admin</code>.',
    },
  ];

  authenticate: IAuthenticateGeneric = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
  };

  test: ICredentialTestRequest = {
    request: { baseURL: '={{$credentials.url.trim().replace(/\\/+$/, "")}}', url: '/v1/transcodes', qs: { limit: 1 } },
  };
}
