/**
 * Names of the database roles of Airlock's processes. They are shared by the code that creates them (the supervisor), that grants them
 * rights (`database/`), and that logs in with them. The gateway has no role, because it never opens the database.
 */
export const DATABASE_ROLES = { api: 'airlock_api', worker: 'airlock_worker' } as const;

export type DatabaseRole = keyof typeof DATABASE_ROLES;
