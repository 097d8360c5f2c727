/**
 * Names of the database roles of our processes. Here, because those who make them (the supervisor), give them rights
 * (`database/`) and log in with them need the same names. The gateway has none: it never opens the database.
 */
export const DATABASE_ROLES = { api: 'airlock_api', worker: 'airlock_worker' } as const;

export type DatabaseRole = keyof typeof DATABASE_ROLES;
