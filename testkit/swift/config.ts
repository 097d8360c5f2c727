import { userInfo } from 'node:os';
import { join } from 'node:path';

export interface SwiftPorts {
  proxy: number;
  account: number;
  container: number;
  object: number;
}

/** Servers in the order in which they are needed. */
export const SERVERS = ['account', 'container', 'object', 'proxy'] as const;
export const SWIFT_REGION = 'local';
/** Each account has buckets of its own, so that every service of a run can have one of the usual name. */
export const SWIFT_ACCOUNTS = 200;

/** tempauth: the access key is account and user; the secret is a word, since groups follow it. */
export function swiftCredential(account: number) {
  return { accessKeyId: `test${account}:tester`, secretAccessKey: 'a-secret-of-tests-alone' };
}

/** Text of every file of configuration, by name: one node with one device below `folder`, and S3 on top. */
export function swiftConfig(folder: string, ports: SwiftPorts): Record<string, string> {
  const common = (port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
swift_dir = ${folder}
user = ${userInfo().username}
workers = 0
log_level = WARNING
`;
  const storage = (
    name: 'account' | 'container' | 'object',
  ) => `${common(ports[name])}devices = ${join(folder, 'devices')}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
  const users = Array.from(
    { length: SWIFT_ACCOUNTS },
    (_, account) => `user_test${account}_tester = ${swiftCredential(account).secretAccessKey} .admin`,
  );
  return {
    'swift.conf': `[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
[storage-policy:0]
name = only
default = yes
`,
    'account.conf': storage('account'),
    'container.conf': storage('container'),
    'object.conf': storage('object'),
    'proxy.conf': `${common(ports.proxy)}[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# The bucket is asked for until all servers answer; none of them is shut out for its errors before that.
error_suppression_limit = 1000000
error_suppression_interval = 0
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
# It wants one, and does without when nothing listens there: port 9 discards.
memcache_servers = 127.0.0.1:9
[filter:s3api]
use = egg:swift#s3api
location = ${SWIFT_REGION}
[filter:tempauth]
use = egg:swift#tempauth
${users.join('\n')}
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
`,
  };
}
