/** Remedies for rejections, by the storage's error code: codes of S3 and of Google Cloud Storage. */
const REMEDIES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'create the bucket, or correct its name in AIRLOCK_STORAGE_URL',
  InvalidBucketName: 'correct the bucket in AIRLOCK_STORAGE_URL',
  AccessDenied:
    'grant the credentials the rights on the bucket that docs/operate/s3.md or docs/operate/google-cloud-storage.md lists',
  AuthenticationRequired: 'check the credentials of the storage, and that the clock of this machine is right',
  InvalidAccessKeyId: 'check the credentials of the storage',
  SignatureDoesNotMatch: 'check the credentials of the storage',
  InvalidSecurity: 'check the credentials of the storage',
  InvalidToken: 'check AWS_SESSION_TOKEN, which belongs to the two keys',
  ExpiredToken: 'get new temporary credentials, or synchronize the clock of this machine',
  AuthorizationHeaderMalformed: 'set the region of the bucket in AIRLOCK_STORAGE_URL',
  PermanentRedirect: 'set the region of the bucket, or its endpoint, in AIRLOCK_STORAGE_URL',
  RequestTimeTooSkewed: 'synchronize the clock of this machine, for example with NTP',
  UserProjectAccountProblem: 'check billing and quotas of the project',
};

/** Returns a colon and the remedy, or an empty text if the code has no remedy. */
export function remedyOf(code: string | null): string {
  const remedy = code !== null && Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : null;
  return remedy ? `: ${remedy}` : '';
}
