import { ConfigError } from '../../../config/config-error.ts';
import { isLoopbackHost } from '../../../config/transport-policy.ts';
import { containerKeys, instanceKeys } from './metadata.ts';
import { renewed } from './renewal.ts';
import type { AwsKeys, Credentials } from './types.ts';
import { webIdentityKeys } from './web-identity.ts';

/** Hosts of the credential services of containers: ECS, and EKS Pod Identity by IPv4 and IPv6. */
const CONTAINER_HOSTS = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'];
const INSTANCE_ENDPOINT = 'http://169.254.169.254';

export interface BucketLocation {
  region: string;
  /** Whether the storage is Amazon's. For other storage, the role of a machine is used only if the environment names its service. */
  amazon: boolean;
  /** PEM of the certificate authority of the token service. */
  ca?: string;
}

/**
 * Returns the credentials from the variables that the SDKs of AWS read, in their order: keys, web identity, container, instance. Throws
 * `ConfigError`.
 */
export function credentialsFrom(env: NodeJS.ProcessEnv, bucket: BucketLocation): Credentials {
  return fixedKeys(env) ?? webIdentity(env, bucket) ?? container(env) ?? instance(env, bucket) ?? missing(env);
}

/** Returns the domain of Amazon's services in the region. */
export function amazonDomain(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

function fixedKeys(env: NodeJS.ProcessEnv): AwsKeys | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId && !secretAccessKey) return null;
  if (!accessKeyId || !secretAccessKey) {
    const name = accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
    throw new ConfigError(name, 'is not set', 'Set both, or neither to use the role of the machine or pod');
  }
  return { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) };
}

function webIdentity(env: NodeJS.ProcessEnv, { region, ca }: BucketLocation): Credentials | null {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn } = env;
  if (!tokenFile) return null;
  if (!roleArn) throw new ConfigError('AWS_ROLE_ARN', 'is not set', 'AWS_WEB_IDENTITY_TOKEN_FILE needs it');
  const variable = 'AWS_ENDPOINT_URL_STS';
  const given = env[variable];
  const endpoint = given ? serviceUrl(variable, given) : new URL(`https://sts.${region}.${amazonDomain(region)}`);
  const sessionName = env.AWS_ROLE_SESSION_NAME || 'airlock';
  return renewed(webIdentityKeys({ roleArn, tokenFile, sessionName, endpoint: endpoint.href, ...(ca && { ca }) }));
}

function container(env: NodeJS.ProcessEnv): Credentials | null {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const full = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!relative && !full) return null;
  const url = relative
    ? serviceUrl('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', `http://${CONTAINER_HOSTS[0]}${relative}`, CONTAINER_HOSTS)
    : serviceUrl('AWS_CONTAINER_CREDENTIALS_FULL_URI', full!, CONTAINER_HOSTS);
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN: token, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile } = env;
  return renewed(containerKeys({ url: url.href, ...(token && { token }), ...(tokenFile && { tokenFile }) }));
}

function instance(env: NodeJS.ProcessEnv, { amazon }: BucketLocation): Credentials | null {
  const variable = 'AWS_EC2_METADATA_SERVICE_ENDPOINT';
  const given = env[variable];
  if (env.AWS_EC2_METADATA_DISABLED === 'true' || (!given && !amazon)) return null;
  const hosts = ['169.254.169.254', '[fd00:ec2::254]'];
  const url = given ? serviceUrl(variable, given, hosts) : new URL(INSTANCE_ENDPOINT);
  return renewed(instanceKeys(url.origin));
}

function missing(env: NodeJS.ProcessEnv): never {
  const remedy = 'Set it and AWS_SECRET_ACCESS_KEY, or the variables of a role (docs/configuration.md)';
  const reason = env.AWS_PROFILE ? 'is not set, and profiles are not read' : 'is not set';
  throw new ConfigError('AWS_ACCESS_KEY_ID', reason, remedy);
}

/**
 * Checks a URL that may receive a token: https, loopback, or one of the link-local hosts. Errors never quote the URL, because it may be a
 * secret.
 */
function serviceUrl(variable: string, text: string, hosts: readonly string[] = []): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url?.protocol === 'http:' && (isLoopbackHost(url.hostname) || hosts.includes(url.hostname));
  if (url && !url.username && (url.protocol === 'https:' || isPlain)) return url;
  throw new ConfigError(variable, 'is not an https URL', 'Plain http is allowed on this machine only');
}
