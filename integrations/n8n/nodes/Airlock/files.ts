import type { IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';
import type { Item, Result } from './item';

/** Milliseconds after which an upload or a download fails. The transfer of a large file may take hours. */
const TRANSFER_TIMEOUT_MS = 6 * 3600 * 1000;
/** Seconds to wait until the server has made the zip of an output with many files. */
const ARCHIVE_SECONDS = 600;

/** Uploads the binary of an item, and waits until Airlock has inspected the upload. Returns the `result` of the confirm. */
export async function uploadBinary(item: Item): Promise<IDataObject> {
  const { functions, index } = item;
  const field = item.require('binaryPropertyName', 'Input Binary Field');
  const binary = functions.helpers.assertBinaryData(index, field);
  const options = item.options();
  const filename = String(options.fileName || binary.fileName || `upload.${binary.fileExtension ?? 'mp4'}`);
  // Without a type, Airlock derives the type from the extension of the name.
  const type = String(options.contentType || (/^(video|audio|image)\//.test(binary.mimeType) ? binary.mimeType : ''));
  const stored = binary.id !== undefined;
  const buffer = stored ? null : await functions.helpers.getBinaryDataBuffer(index, field);
  const size = buffer ? buffer.length : (await functions.helpers.getBinaryMetadata(binary.id!)).fileSize;
  const declared = { filename, content_type: type, file_size: size };
  const presigned = await item.send({
    method: 'POST',
    path: '/v1/upload/presigned-url',
    body: declared,
    idempotencyKey: item.idempotencyKey('upload', declared),
  });
  const target = presigned.result as IDataObject;
  const put = await putBytes(item, target, {
    body: buffer ?? (await functions.helpers.getBinaryStream(binary.id!)),
    size,
    type: String(target.contentType ?? type),
  });
  // 403 means that an earlier attempt of this node has already confirmed the upload.
  if (put !== null && put.status !== 403) throw item.error(put.message, 'Storage rejected the upload. Retry it.');
  const confirmed = await item.send({
    method: 'POST',
    path: '/v1/upload/confirm',
    body: { filename: target.filename, file_size: size },
  });
  return confirmed.result as IDataObject;
}

interface Bytes {
  body: unknown;
  size: number;
  type: string;
}

/** Sends bytes to a signed URL, without the key. Returns null, or the error of the storage. */
async function putBytes(
  item: Item,
  target: IDataObject,
  { body, size, type }: Bytes,
): Promise<{ status: number; message: string } | null> {
  const response = (await item.functions.helpers.httpRequest({
    method: 'PUT',
    url: String(target.uploadUrl),
    headers: { ...(target.headers as IDataObject), 'Content-Type': type, 'Content-Length': size },
    body: body as Buffer,
    encoding: 'text',
    timeout: TRANSFER_TIMEOUT_MS,
    returnFullResponse: true,
    ignoreHttpStatusErrors: true,
    disableFollowRedirect: true,
    ...(item.signal && { abortSignal: item.signal }),
  })) as IN8nHttpFullResponse;
  if (response.statusCode < 300) return null;
  const text = /<Message>([^<]{1,500})<\/Message>/.exec(String(response.body))?.[1];
  return { status: response.statusCode, message: text ?? `Storage returned ${response.statusCode}.` };
}

/** Downloads an output into the binary field that the node names. `path` is the path of the job. */
export async function downloadOutput(item: Item, path: string): Promise<Result[]> {
  const { output, file, fileName } = item.options();
  const qs = { ...(output ? { output } : {}), ...(file ? { file } : {}) };
  const link = await item.send({ path: `${path}/download`, qs, patienceSeconds: ARCHIVE_SECONDS });
  const { helpers } = item.functions;
  // Sends no key, because the link is signed and leads to storage.
  const response = (await helpers.httpRequest({
    url: String(link.url),
    encoding: 'stream',
    timeout: TRANSFER_TIMEOUT_MS,
    returnFullResponse: true,
    ...(item.signal && { abortSignal: item.signal }),
  })) as IN8nHttpFullResponse;
  const type = String(response.headers['content-type'] ?? 'application/octet-stream');
  const name = String(fileName || fileNameOf(response.headers['content-disposition']) || path.split('/').at(-1));
  const binary = await helpers.prepareBinaryData(response.body as unknown as Buffer, name, type);
  const field = item.read<string>('outputBinaryField') ?? 'data';
  const id = decodeURIComponent(path.split('/').at(-1)!);
  return [{ json: { id, file_name: binary.fileName ?? name, content_type: type }, binary: { [field]: binary } }];
}

function fileNameOf(disposition: unknown): string | undefined {
  return /filename="?([^";]{1,200})"?/.exec(String(disposition ?? ''))?.[1];
}
