/** Keys that sign requests to S3. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  /** Present only with temporary keys. */
  sessionToken?: string;
}

/** Keys that expire. */
export interface TemporaryKeys extends AwsKeys {
  sessionToken: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Fixed keys, or a function that returns the current keys and rejects with `StorageError`. */
export type Credentials = AwsKeys | (() => Promise<AwsKeys>);
