import { userInfo } from 'node:os';
import { join } from 'node:path';

export interface SwiftPorts {
  proxy: number;
  account: number;
  container: number;
  object: number;
}

/** Names of the servers, in the order in which they must start. */
export const SERVERS = ['account', 'container', 'object', 'proxy'] as const;
export const SWIFT_REGION = 'local';
/** Number of accounts. Each account has its own buckets, so that every service of a run can have a bucket with the usual name. */
export const SWIFT_ACCOUNTS = 200;

/**
 * Returns a credential of tempauth. The access key contains account and user. The secret is a single word, because groups follow it in the
 * file.
 */
export function swiftCredential(account: number) {
  return { accessKeyId: `test${account}:tester`, secretAccessKey: 'a-secret-of-tests-alone' };
}

/** Returns the text of every configuration file by its name: a node with one device below `folder`, and the S3 interface. */
export function swiftConfig(folder: string, ports: SwiftPorts): Record<string, string> {
  const storage = (name: 'account' | 'container' | 'object') => storageConfig(name, folder, ports[name]);
  return {
    'swift.conf': SWIFT_CONF,
    'account.conf': storage('account'),
    'container.conf': storage('container'),
    'object.conf': storage('object'),
    // Any site may read the response to a signed URL, as the CORS rule in docs/playback.md allows.
    'proxy.conf': `${commonConfig(folder, ports.proxy)}cors_allow_origin = *\n${PROXY_CONF}`,
  };
}

const SWIFT_CONF = `[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
[storage-policy:0]
name = only
default = yes
`;

function commonConfig(folder: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
swift_dir = ${folder}
user = ${userInfo().username}
workers = 0
log_level = WARNING
`;
}

function storageConfig(name: string, folder: string, port: number): string {
  return `${commonConfig(folder, port)}devices = ${join(folder, 'devices')}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
}

const USERS = Array.from(
  { length: SWIFT_ACCOUNTS },
  (_, account) => `user_test${account}_tester = ${swiftCredential(account).secretAccessKey} .admin`,
);
const PROXY_CONF = `[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# Tests poll for the bucket until all servers respond; until then no server is excluded because of errors.
error_suppression_limit = 1000000
error_suppression_interval = 0
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
# Required, but the proxy works without a memcached: nothing listens on port 9.
memcache_servers = 127.0.0.1:9
[filter:s3api]
use = egg:swift#s3api
location = ${SWIFT_REGION}
cors_preflight_allow_origin = *
[filter:tempauth]
use = egg:swift#tempauth
${USERS.join('\n')}
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
`;
