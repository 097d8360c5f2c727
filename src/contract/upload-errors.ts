import type { ErrorKind } from './job-errors.ts';

/** Errors about uploads and upload tokens. */
export const UPLOAD_ERRORS = {
  missing_upload_fields: {
    status: 400,
    text: 'Missing required fields: filename, contentType, fileSize',
    advice: 'Send all three fields.',
  },
  missing_confirm_fields: {
    status: 400,
    text: 'Missing required fields: filename, fileSize',
    advice: 'Send both fields.',
  },
  invalid_file_size: {
    status: 400,
    text: "Invalid fileSize. Must be a positive number in bytes (not a formatted string like '1.46mbs')",
    advice: 'Send the size in bytes as a JSON integer.',
  },
  invalid_file_type: {
    status: 400,
    text: 'Invalid file type. Only video, audio, or image files are allowed.',
    advice: 'Declare one of the types in details.accepted.',
  },
  file_too_large: {
    status: 400,
    text: 'File size too large. Maximum allowed size is {limit}.',
    heading: 'The file is too large',
    advice: 'Send a smaller file, or upload it in parts. `details.limit` is the limit of this upload in bytes.',
  },
  upload_not_found: {
    status: 400,
    text: 'File not found in GCS bucket',
    heading: 'The upload was not found',
    advice: 'PUT the bytes to uploadUrl first, then confirm.',
  },
  upload_size_mismatch: { status: 400, text: 'File size mismatch', advice: 'Confirm with the declared size.' },
  upload_incomplete: {
    status: 400,
    text: 'Parts are missing',
    advice: 'Send the parts named in details, then confirm again.',
  },
  invalid_parts: {
    status: 400,
    text: 'Invalid parts',
    advice: 'details names the part and what is wrong with it. Nothing was deleted.',
  },
  upload_confirmed: {
    status: 409,
    text: 'The upload has been confirmed',
    advice: 'You can no longer send parts. Use the fileUrl that confirm returned.',
  },
  upload_type_mismatch: {
    status: 400,
    text: 'File content does not match its declared type',
    advice:
      'The upload was deleted. details.reason describes the file. Upload it again with its actual type, or convert it if Airlock does not support it.',
  },
  upload_token_exceeded: {
    status: 403,
    text: 'The upload token does not allow this',
    advice: 'details names the limit. Send a file that the token allows, or request another token from your server.',
  },
  too_many_upload_tokens: {
    status: 409,
    text: 'The account has created too many upload tokens',
    advice: 'Retry tomorrow. Create a token when a person starts an upload, not with each page view.',
  },
  upload_in_use: {
    status: 409,
    text: 'The upload is in use',
    advice: 'Wait until the jobs named in details end, or cancel or erase them.',
  },
} as const satisfies Record<string, ErrorKind>;
