/**
 * Names of the database roles of Airlock's processes, shared by the code that creates them (the supervisor), grants
 * them rights (`database/`) and logs in with them. The gateway has none: it never opens the database.
 */
export const DATABASE_ROLES = { api: 'airlock_api', worker: 'airlock_worker' } as const;

export type DatabaseRole = keyof typeof DATABASE_ROLES;
