import type { ColumnType } from 'kysely';

/*
 * Types of columns that more than one table has. `bigint` is returned as a number (see pool.ts), because all such columns count bytes,
 * milliseconds or rows, far below 2^53.
 */
export type Json<T> = ColumnType<T, string, string>;
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type Defaulted<T> = ColumnType<T, T | undefined, T>;
export type DefaultedTimestamp = ColumnType<Date, Date | undefined, Date>;
