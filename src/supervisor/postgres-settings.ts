/** Maximum number of connections: enough for the pools of one API and one worker, and for a few commands. */
const CONNECTIONS = 60;

/**
 * Returns the settings of the embedded server, which are passed on its command line so that an upgrade also applies to existing data. They
 * suit one machine, a few dozen connections and little memory, and keep durability: fsync and synchronous_commit are on.
 */
export function postgresSettings(socketFolder: string, connections = CONNECTIONS): Record<string, string | number> {
  return {
    // No network access, only the Unix socket.
    listen_addresses: '',
    // A list in PostgreSQL's syntax. The quotes allow commas and spaces in the only name of the list.
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',

    max_connections: connections,
    shared_buffers: '32MB',
    work_mem: '4MB',
    // Only serializable transactions use predicate locks, and Airlock has none. With the default, the tables of these locks take 1 MB.
    max_pred_locks_per_transaction: 10,
    maintenance_work_mem: '32MB',
    huge_pages: 'off',
    jit: 'off',
    // No query is large enough for parallel workers, and each idle process costs memory.
    max_worker_processes: 2,
    max_parallel_workers_per_gather: 0,
    max_logical_replication_workers: 0,

    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // An embedded server has no replicas, and its backups are dumps.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '256MB',
    min_wal_size: '32MB',
    checkpoint_completion_target: '0.9',
    autovacuum: 'on',
    // A client that died inside a transaction must not keep its locks.
    idle_in_transaction_session_timeout: '60s',
    client_connection_check_interval: '5s',

    track_io_timing: 'off',
    update_process_title: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',

    // Clients log statement errors without confidential text. The server's log would contain statements and values.
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_line_prefix: '',
  };
}

/** Returns the settings as arguments: `-c name=value`. */
export function settingArguments(settings: Record<string, string | number>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The entire environment of the server and initdb, so that nothing from the service leaks into them. */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
