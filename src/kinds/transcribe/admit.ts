import { accountRetention } from '../../accounts/accounts.ts';
import { transcriptionFacts, transcriptionJson } from '../../attempt/speech/transcription-request.ts';
import { DEFAULT_MAX_LINE } from '../../captions/index.ts';
import type { Warning } from '../../contract/common.ts';
import { isS3Url } from '../../contract/connections.ts';
import { ApiError } from '../../contract/errors.ts';
import { idleRetention } from '../../contract/limit-advice.ts';
import type { TranscribeBody, TranscriptFormat } from '../../contract/transcriptions.ts';
import { S3_SOURCES } from '../../jobs/capabilities.ts';
import { offeredTranscription } from '../../jobs/offered-transcription.ts';
import { findSources } from '../../jobs/sources.ts';
import { missingConnections } from '../connection-sources.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { locateInRequest, rejectedUrl, sourceError } from '../problems.ts';
import { rejectedWebhook } from '../webhook-url.ts';

export interface TranscribeSubmission {
  body: TranscribeBody;
  warnings: readonly Warning[];
}

/** Checks a request. Reads no file, so media without sound fails only when the job runs. */
export async function admitTranscription(
  services: AdmissionServices,
  caller: Caller,
  { body, warnings }: TranscribeSubmission,
): Promise<Admission> {
  const { context } = services;
  const { account } = caller;
  const source = { url: body.media_url, field: 'media_url' };
  const capability = await offeredTranscription(context.db);
  const reason = rejectedUrl(services.checkSourceUrl, source);
  const missing = reason === null ? await missingConnections(services, caller, [source]) : [];
  const formats: readonly TranscriptFormat[] = body.output_formats ?? [body.output_format ?? 'srt'];
  const text = transcriptionJson.write({
    ...{ language: body.language ?? null, task: body.task ?? 'transcribe', words: body.words ?? false },
    ...{ maxLine: body.max_line ?? DEFAULT_MAX_LINE, disarm: account.disarm },
  });
  return {
    problems: [
      ...(capability === null ? [new ApiError('transcription_not_configured')] : []),
      ...(reason === null ? missing : [sourceError(source, reason, locateInRequest)]),
      ...rejectedWebhook(services, body.webhook_url),
    ],
    resourceClass: 'heavy',
    request: () => ({ shown: text, sent: text }),
    facts: transcriptionFacts.write({ output_format: formats[0]! }),
    ...{ settings: null, inputs: [source], assets: [] },
    foundInputs: await findSources(context, context.db, caller, [source.url]),
    outputs: formats.map((format) => ({ format, name: null, role: 'text' })),
    warnings: [
      ...warnings,
      ...idleRetention(body.retention_seconds, accountRetention(account, context.retentionSeconds)),
    ],
    metadata: body.metadata ?? null,
    retentionSeconds: body.retention_seconds ?? null,
    webhookUrl: body.webhook_url ?? null,
    priority: body.priority ?? 0,
    needs: [...(capability === null ? [] : [capability]), ...(isS3Url(source.url) ? [S3_SOURCES] : [])],
  };
}
