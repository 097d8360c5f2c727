// Generated from the OpenAPI document by `npx tsx scripts/docs.ts`; do not edit.

export interface paths {
    "/health-check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check database and storage, and count the workers
         * @description Checks database and storage. Returns 500 with `ok: false` and the failed part if one of them fails. `workers.alive` is the number of live workers, and does not change `ok`.
         *
         *     Requires no key.
         */
        get: operations["checkHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that this process responds
         * @description Returns 200 while the process can respond. It checks nothing else, so that a liveness probe does not restart the process when the database fails.
         *
         *     Requires no key.
         */
        get: operations["checkLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that this process accepts requests
         * @description Returns 503 while the process stops or is overloaded, or if the database or storage does not respond. Use it to remove the process from a load balancer.
         *
         *     Requires no key.
         */
        get: operations["checkReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/upload/presigned-url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a URL to upload a file
         * @description Returns a URL to which you PUT the file. The URL expires after 15 minutes, and accepts exactly the declared size and type.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`. A web page can use it with an upload token, for the uploads of the token.
         */
        post: operations["presignUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/upload/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm an upload
         * @description Checks the size and content of the file, then seals it. Nothing can change the file afterwards.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`. A web page can use it with an upload token, for the uploads of the token.
         */
        post: operations["confirmUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/upload/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a token for a web page
         * @description Returns a token with which a web page can request upload URLs, upload in parts and confirm its uploads, and do nothing else. The token stops working when it expires, and when the key or the person that created it can no longer upload.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["createUploadToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List uploads, newest first
         * @description Returns a page of the uploads of your account, without deleted uploads.
         *
         *     Requires a key with the scope `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["listUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{filename}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an upload
         * @description Returns the state of an upload, and its properties once it is confirmed.
         *
         *     Requires a key with the scope `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["getUpload"];
        put?: never;
        post?: never;
        /**
         * Delete an upload now
         * @description Deletes the bytes of the upload before Airlock responds, even if it is not confirmed. Repeating the request returns the same response. Returns 409 while a job that is not final needs the upload.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`.
         */
        delete: operations["deleteUpload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/upload/multipart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin an upload in parts
         * @description PUT each part to its URL, then confirm with `upload_id` and `parts`. You can send parts in any order, up to four at a time, and repeat them. Airlock deletes an upload that you do not confirm within 23 hours.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`. A web page can use it with an upload token, for the uploads of the token.
         */
        post: operations["beginMultipart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/upload/multipart/{uploadId}/parts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get URLs for parts
         * @description Returns URLs for parts after the first 100, or for parts whose URLs have expired.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`. A web page can use it with an upload token, for the uploads of the token.
         */
        post: operations["signParts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/upload/multipart/{uploadId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the received parts
         * @description Returns the parts that Airlock has received. Use it to resume an upload after a broken connection or a restart.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`. A web page can use it with an upload token, for the uploads of the token.
         */
        get: operations["getMultipart"];
        put?: never;
        post?: never;
        /**
         * Delete an upload in parts now
         * @description Deletes the parts before Airlock responds. Repeating the request returns the same response.
         *
         *     Requires a key with the scope `upload`, or a person with the role `operator`, `admin` or `member`. A web page can use it with an upload token, for the uploads of the token.
         */
        delete: operations["deleteMultipart"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs, newest first
         * @description Jobs in a list omit their options. A page contains at most 512 KiB of metadata, warnings, error messages and URLs; jobs beyond that have `shortened: true` and omit them.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listTranscodes"];
        put?: never;
        /**
         * Create a job
         * @description Returns the job immediately. It starts when a worker is free. With `wait`, Airlock responds when the job is final. Send an `Idempotency-Key` so that a retry creates no second job.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["createTranscode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a job
         * @description Returns the state, progress and outputs of a job, and why the job failed if it did. With `wait`, Airlock responds when the job is final.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getTranscode"];
        put?: never;
        post?: never;
        /**
         * Erase a job now
         * @description Deletes the outputs of the job, and the uploads that it used, before Airlock responds.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        delete: operations["eraseTranscode"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Cancel a job
         * @description Stops a waiting or running job, and deletes the outputs that it has completed. FFmpeg ends within a second. Returns 400 if the job is already final.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        patch: operations["cancelTranscode"];
        trace?: never;
    };
    "/v1/transcodes/{id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a link to the output that expires after ten minutes
         * @description If the job has several outputs, name one in `output`. With `?url=false` or `Accept: application/octet-stream`, the response is a redirect (302) to the link. For an output of many files, the link is to a zip of all files, unless you name one in `file`. Airlock creates the zip at the first request, and returns 503 with `Retry-After` until it is ready.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["downloadTranscode"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the files of an output
         * @description To get a link to one of the files, pass its `path` as `file` to `/download`. If the output is a single file, the list contains only this file.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listTranscodeFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a signed record of what was deleted and when
         * @description Returns 409 until the job is erased or its retention ends. `complete` is true when all bytes of the job are deleted and no upload URL accepts further bytes.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs, newest first
         * @description Returns a page of the runs of your account. `status=processing` includes the runs that await a review.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listBlueprintRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a run
         * @description Returns the state of a run and links to its outputs, which expire after ten minutes. With `wait`, Airlock responds when the run is final or awaits a review.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getBlueprintRun"];
        put?: never;
        post?: never;
        /**
         * Erase a run now
         * @description Deletes the outputs and subtitles of the run, and the uploads that it used, before Airlock responds.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        delete: operations["eraseBlueprintRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Cancel a run
         * @description Stops a waiting or running job, and deletes the outputs that it has completed. Returns 400 if the job is already final.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        patch: operations["cancelBlueprintRun"];
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a link to the output that expires after ten minutes
         * @description If the job has several outputs, name one in `output`. With `?url=false` or `Accept: application/octet-stream`, the response is a redirect (302) to the link. For an output of many files, the link is to a zip of all files, unless you name one in `file`. Airlock creates the zip at the first request, and returns 503 with `Retry-After` until it is ready.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["downloadBlueprintRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the files of an output
         * @description To get a link to one of the files, pass its `path` as `file` to `/download`. If the output is a single file, the list contains only this file.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listBlueprintRunFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a signed record of what was deleted and when
         * @description Returns 409 until the job is erased or its retention ends. `complete` is true when all bytes of the job are deleted and no upload URL accepts further bytes.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getBlueprintRunReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a transcription
         * @description Returns the job immediately. The job starts when a worker with a speech model is free. Returns 501 `transcription_not_configured` if no worker has a speech model. With `wait`, Airlock responds when the job is final. Send an `Idempotency-Key` so that a retry creates no second job.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["createTranscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List transcriptions, newest first
         * @description Returns a page of the jobs of your account. You can filter by status and by the time of the last change.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listTranscriptions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribe/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a transcription
         * @description Returns the state, progress and outputs of a job, and why the job failed if it did. With `wait`, Airlock responds when the job is final.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getTranscription"];
        put?: never;
        post?: never;
        /**
         * Erase a transcription now
         * @description Deletes the outputs of the job, and the uploads that it used, before Airlock responds.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        delete: operations["eraseTranscription"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribe/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Cancel a transcription
         * @description Stops a waiting or running job, and deletes the outputs that it has completed. Returns 400 if the job is already final.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        patch: operations["cancelTranscription"];
        trace?: never;
    };
    "/v1/transcribe/{id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a link to the output that expires after ten minutes
         * @description If the job has several outputs, name one in `output`. With `?url=false` or `Accept: application/octet-stream`, the response is a redirect (302) to the link. For an output of many files, the link is to a zip of all files, unless you name one in `file`. Airlock creates the zip at the first request, and returns 503 with `Retry-After` until it is ready.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["downloadTranscription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribe/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the files of an output
         * @description To get a link to one of the files, pass its `path` as `file` to `/download`. If the output is a single file, the list contains only this file.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listTranscriptionFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribe/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a signed record of what was deleted and when
         * @description Returns 409 until the job is erased or its retention ends. `complete` is true when all bytes of the job are deleted and no upload URL accepts further bytes.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getTranscriptionReceipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the kinds of jobs
         * @description For clients that show jobs of every kind. Returns the nouns, the path, the statuses and the events of each kind.
         *
         *     Requires a key with the scope `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["listKinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs of every kind, newest first
         * @description Each job has the same form as in the list of its kind, and its `kind`. To get the next page, pass `next` as `after`. Pages never repeat or skip jobs, even if you create jobs at the same time.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a request without creating a job
         * @description Accepts the body of a create and runs nothing. `command` is the command that would run, with the file names inside the cell. Each entry of `errors` has the position of a mistake and a suggestion.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["validateTranscode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/details": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how a job was requested and how it ran
         * @description Returns the job’s request, the exact command, the streams of its inputs, and every attempt with its log.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getTranscodeDetails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a signed record of how the output was created
         * @description Returns the hashes of inputs and outputs, the exact command, the FFmpeg build and the sandbox of the attempt, signed.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getManifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver outputs again
         * @description Delivers outputs of a job that has ended to their destinations again, or to another destination, while Airlock has them. Without `output`, delivers every output whose delivery failed. Returns before the deliveries end. The events `transcode.output_delivered` and `transcode.delivery_failed` report the results.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        post: operations["redeliverOutputs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a new job from the request of a job that has ended
         * @description Returns the new job immediately. The earlier job does not change. Send an `Idempotency-Key` so that a repeated request creates no second job. Returns 409 with the reason if the job is erased, an input is gone, or a part of the request was deleted when the job ended, such as the query of a URL.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        post: operations["retryTranscode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/playback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get URLs that play a ladder
         * @description Returns URLs for video players, and the URL of a page with a player. The URLs need no key, and work on every site. They expire after `expires_in` seconds, or when Airlock deletes the output.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        post: operations["createPlayback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create up to 100 jobs
         * @description Each entry is the body of a create. Airlock accepts or rejects each entry separately. A rejected entry has the error that a create would have returned. The event `batch.completed` follows when all jobs are final.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["createBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List batches, newest first
         * @description Returns each batch with the number of its jobs by status, without its entries.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listBatches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a batch with its jobs
         * @description Returns the batch with its entries in the order of the request. Each job has the same form as in lists.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own batches.
         */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Cancel the jobs of a batch
         * @description Cancels every waiting and running job of the batch. Final jobs stay unchanged.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own batches.
         */
        patch: operations["cancelBatch"];
        trace?: never;
    };
    "/v1/blueprints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List blueprints
         * @description Returns each blueprint with its outputs, and with its inputs as a JSON Schema. If a blueprint is not `available`, running it returns 501.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["listBlueprints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/{slug}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a blueprint
         * @description Returns the run immediately. With `wait`, Airlock responds when the run is final or awaits a review. The inputs are the fields of the body, and `GET /v1/blueprints` describes them. Airlock makes each output in a separate job, to which the same policy and limits apply as to your jobs. Send an `Idempotency-Key` so that a retry creates no second run.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["runBlueprint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/source": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a link to the first upload of a run
         * @description Returns a link to the first media input that was uploaded, so that people can watch the video while they review its captions. The link expires after ten minutes. Returns `null` if no input was uploaded, or if the upload has been deleted.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["getBlueprintRunSource"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/continue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Continue a run after a review
         * @description Continues an `awaiting_review` run with the subtitles to burn in. Returns 409 if the run is not awaiting a review, for example because it was already continued. Airlock uses only times and plain text, and rejects HTML and ASS tags.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`. A key without `read` can use it only for its own jobs.
         */
        post: operations["continueBlueprintRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a job from a command string
         * @description For clients of services that accept command strings. A tokenizer parses the command, never a shell. Its options must satisfy the same policy as every other job. `{{name}}` stands for a file of `input_files` or `output_files`. A command has one output. Use `/v1/transcodes/{id}` to read, cancel, download and erase the job.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["createCommand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List templates
         * @description Returns the templates of the account and the built-in templates, without their requests.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["listTemplates"];
        put?: never;
        /**
         * Create a template
         * @description Saves a request as version 1 of a template. Airlock checks options and filters when you save the template, and again for each job that uses it.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["createTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List connections
         * @description Returns the connections of the account without the secrets of their access keys.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["listConnections"];
        put?: never;
        /**
         * Create a connection to your bucket
         * @description Airlock writes a small object to the bucket and deletes it. If that succeeds, it stores the access key encrypted. Jobs can then deliver outputs to the bucket and read sources from it.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["createConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connections/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a connection
         * @description Returns a connection without the secret of its access key.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["getConnection"];
        put?: never;
        post?: never;
        /**
         * Delete a connection and its access key
         * @description Airlock deletes the access key immediately. Waiting and running jobs can no longer use the connection: their deliveries fail, and their outputs stay in Airlock.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        delete: operations["deleteConnection"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/probe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Describe a file without transcoding it
         * @description Returns the format and streams of a file. Airlock fetches only parts of a remote file, such as the index of an MP4 or the start of other files, and keeps nothing. For an upload or output of your account, it returns the known properties.
         *
         *     Requires a key with the scope `transcode`, or a person with the role `operator`, `admin` or `member`.
         */
        post: operations["probeFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/airlock-keys.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the public keys that verify receipts
         * @description A JSON Web Key Set (RFC 7517, RFC 8037). It includes replaced keys.
         *
         *     Requires no key.
         */
        get: operations["listSigningKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read events, oldest first
         * @description To get every event exactly once, pass `next` of each page as `after`. An empty page means that there are no newer events. Airlock keeps events for seven days. An older cursor returns 410. With `Accept: text/event-stream`, Airlock streams events as they happen. To resume a stream, send `Last-Event-ID` or `after`.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcodes/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read events of a job, oldest first
         * @description `Accept: text/event-stream` streams them as they happen, with `transcode.progress` once a second, and ends after the final event.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listTranscodeEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blueprints/runs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read events of a run, oldest first
         * @description `Accept: text/event-stream` streams them as they happen, with `blueprint.progress` once a second, and ends after the final event.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listBlueprintRunEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/transcribe/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read events of a transcription, oldest first
         * @description `Accept: text/event-stream` streams them as they happen, with `transcription.progress` once a second, and ends after the final event.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own jobs.
         */
        get: operations["listTranscriptionEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read events of a batch and of its jobs, oldest first
         * @description `Accept: text/event-stream` streams them as they happen, and ends after `batch.completed`. When two jobs end in the same moment, `batch.completed` may come before the event of one of them.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`. A key without `read` can use it only for its own batches.
         */
        get: operations["listBatchEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List keys
         * @description Returns active keys, and the newest inactive ones, without their secrets.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create a key
         * @description The permissions of the new key cannot exceed the permissions of the calling key. The new key inherits the fields that you omit.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace a key
         * @description The old key stops working immediately, or after `overlap_seconds`. `old_key_until` is when it stops. A key can rotate itself and any key whose permissions do not exceed its own.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key immediately
         * @description Revokes the key immediately. Revoking it again returns the same response.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks
         * @description Returns all webhooks of the account, newest first, without their secrets.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a webhook
         * @description Airlock sends events of the account to the URL, signed according to the Standard Webhooks specification. It retries each delivery for about a day until the URL returns a 2xx response within ten seconds.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a webhook
         * @description Returns a webhook without its secret. If it is disabled, the response contains the reason.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook and its deliveries
         * @description Deletes the webhook and its delivery log. Airlock does not send pending deliveries.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change, pause or enable a webhook
         * @description Changes only the fields that you send. `enabled: true` enables a webhook that was disabled after failures.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret of a webhook
         * @description During the overlap, every delivery has two signatures, so you can change the secret of your receiver at any time until the overlap ends.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["rotateWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the default secret, which signs events to the `webhook_url` of jobs
         * @description Jobs with a `webhook_url` sign their events with this secret.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["getWebhookSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/secret/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the default secret
         * @description Returns the new secret. Until the overlap ends, Airlock also signs with the old one.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a `webhook.test` event to a webhook
         * @description Sends one event of the type `webhook.test` with the normal signature and retries.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries of a webhook, newest first
         * @description Returns a page of deliveries. Airlock keeps deliveries for seven days.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description Sends the delivery with the same `webhook-id` and a new series of retries.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        post: operations["sendDeliveryAgain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/security": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the state of the sandbox and the FFmpeg build
         * @description Returns the last self-test of the sandbox of each worker, and whether FFmpeg has a newer security update.
         *
         *     Requires a key with the scope `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["getSecurity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the usage of a month
         * @description Returns the quotas of your account, its usage for each day of the month, and what remains.
         *
         *     Requires a key with the scope `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the signed-in person
         * @description Returns the person, the account and the `csrf` value that changes require. Returns 401 without a session.
         *
         *     Requires a session, of any role.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in
         * @description For the pages of this server. Programs use keys. Sets the cookies `airlock_session` and `airlock_device`. With `airlock_device`, Airlock handles sign-ins of this browser before sign-ins of unknown browsers.
         *
         *     Requires no key.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description Ends the session and deletes its cookie.
         *
         *     Requires a session, of any role.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the person of a setup link
         * @description Returns the person and the account of a setup link, so that a page can show them.
         *
         *     Requires no key.
         */
        get: operations["getSetupLink"];
        put?: never;
        /**
         * Set a password with a setup link
         * @description Sets the password and signs the person in. A link works once, and expires after 24 hours.
         *
         *     Requires no key.
         */
        post: operations["useSetupLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List accounts
         * @description Returns every account with its limits, sorted by name.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["listAccounts"];
        put?: never;
        /**
         * Create an account
         * @description Creates an account without keys. Returns 409 if another account has the name.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        post: operations["createAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an account and its usage
         * @description Returns the limits of an account, and its keys, jobs and stored bytes.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the limits of an account
         * @description The limits apply to its next request and to the next job that starts.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        patch: operations["changeAccount"];
        trace?: never;
    };
    "/v1/admin/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List workers
         * @description Returns every worker with a recent heartbeat.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/workers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Drain a worker, or end its draining
         * @description A draining worker finishes its running jobs and starts no new ones. The setting lasts until the worker restarts.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        patch: operations["changeWorker"];
        trace?: never;
    };
    "/v1/admin/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the waiting and running jobs
         * @description Returns the number of waiting and running jobs by resource class and by account.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["getQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get stored and free bytes
         * @description Returns stored and promised bytes, and the free disk space of the embedded storage.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["getStorage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the load of the last hour
         * @description Returns waiting jobs, running jobs and stored bytes of each minute of the last hour. The API process that responds keeps them in memory, so that they begin when it started.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["getHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log
         * @description Returns entries of the audit log, newest first. `verify=true` also verifies the complete chain.
         *
         *     Requires a key with the scope `operator`, or a person with the role `operator`.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a template
         * @description Returns the newest version of a template, or the version in the path, and lists all versions.
         *
         *     Requires a key with the scope `transcode` or `read`, or a person with the role `operator`, `admin`, `member` or `viewer`.
         */
        get: operations["getTemplate"];
        /**
         * Save a new version of a template
         * @description From then on, jobs that name the template without a version use the new version. Existing jobs and earlier versions stay unchanged. If the description and the request equal the newest version, Airlock saves nothing and returns the newest version.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        put: operations["replaceTemplate"];
        post?: never;
        /**
         * Delete a template and all of its versions
         * @description Jobs that used the template stay unchanged, waiting jobs included.
         *
         *     Requires a key with the scope `admin`, or a person with the role `operator` or `admin`.
         */
        delete: operations["deleteTemplate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The body of every error response. */
        Error: {
            /** @description A short, stable text. */
            error: string;
            /** @description One sentence for people: field, reason and remedy. Its wording may change. */
            message: string;
            /**
             * @description A stable code for programs.
             * @enum {string}
             */
            code: "unauthorized" | "forbidden" | "invalid_credentials" | "csrf_required" | "cross_site" | "setup_link_invalid" | "email_taken" | "account_exists" | "key_exceeds_caller" | "key_not_active" | "too_many_keys" | "too_many_webhooks" | "webhook_disabled" | "template_exists" | "too_many_templates" | "too_many_template_versions" | "template_read_only" | "template_not_found" | "connection_exists" | "too_many_connections" | "connection_check_failed" | "connection_not_found" | "https_required" | "not_found" | "method_not_allowed" | "events_expired" | "transcription_not_configured" | "invalid_json" | "invalid_request" | "body_too_large" | "unsupported_media_type" | "rate_limit_exceeded" | "concurrency_exceeded" | "queue_full" | "too_many_open_uploads" | "storage_quota" | "storage_full" | "quota_exceeded" | "idempotency_conflict" | "idempotency_in_progress" | "idempotency_key_used" | "missing_upload_fields" | "missing_confirm_fields" | "invalid_file_size" | "invalid_file_type" | "file_too_large" | "upload_not_found" | "upload_size_mismatch" | "upload_incomplete" | "invalid_parts" | "upload_confirmed" | "upload_type_mismatch" | "upload_token_exceeded" | "too_many_upload_tokens" | "upload_in_use" | "storage_unavailable" | "source_not_owned" | "source_deleted" | "source_refused" | "probe_failed" | "option_refused" | "command_refused" | "cancel_final" | "batch_final" | "transcode_not_completed" | "transcribe_not_completed" | "transcode_failed" | "transcode_canceled" | "no_output" | "output_deleted" | "output_damaged" | "delivery_in_progress" | "retry_not_possible" | "playback_ended" | "run_not_awaiting_review" | "generative_not_available" | "archive_not_ready" | "job_not_completed" | "job_failed" | "job_canceled" | "job_without_output" | "receipt_not_ready" | "account_disabled" | "unavailable" | "internal";
            /** @description Details such as `field`, `reason`, `remedy` and `near`, depending on the code; null if there are none. */
            details: {
                [key: string]: unknown;
            } | null;
            /** @description URL of the code in the documentation of this server. A path if the server does not know its own URL, such as in a batch. */
            docs: string;
        };
        /** @description A possible mistake that did not fail the request. */
        Warning: {
            /** @description The field or query parameter concerned. */
            field: string;
            /** @description What was ignored or changed, and what was probably meant. */
            message: string;
        };
        /**
         * @description State of a job; `completed`, `failed` and `canceled` are final.
         * @enum {string}
         */
        JobStatus: "pending" | "processing" | "completed" | "failed" | "canceled";
        /** @description A bucket of your own, without the secret of its access key. */
        Connection: {
            /** @description What jobs send as `connection`. */
            name: string;
            /** @description URL of the store. */
            endpoint: string;
            /** @description Region of the bucket. */
            region: string;
            /** @description The bucket. */
            bucket: string;
            /** @description Id of the access key. */
            access_key_id: string;
            /** @description The folder to which all keys are limited; null for the entire bucket. */
            prefix: string | null;
            /**
             * @description Whether jobs can read from the bucket, write to it, or both.
             * @enum {string}
             */
            mode: "read_write" | "read" | "write";
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The connections of the account. */
        ConnectionList: {
            /** @description Sorted by name. */
            items: components["schemas"]["Connection"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A connection that is deleted, with its access key. */
        RemovedConnection: {
            /** @description The id in the path of the request. */
            id: string;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "connection";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A token with which a web page can upload files, and do nothing else. */
        UploadToken: {
            /**
             * Format: uuid
             * @description Identifies the token; not a secret. `uploadTokenId` of an upload names it.
             */
            id: string;
            /** @description The token, shown once. Send it to the page, which sends it as `Authorization: Bearer`. */
            token: string;
            /**
             * Format: date-time
             * @description When the token expires.
             */
            expires_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A key, without the secret. */
        ApiKey: {
            /**
             * Format: uuid
             * @description The id of the key; not a secret.
             */
            id: string;
            /** @description For people. */
            name: string;
            /** @description Its last four characters. */
            hint: string;
            /** @description What it may do. */
            scopes: ("transcode" | "upload" | "read" | "admin" | "operator")[];
            /** @description Addresses that can use the key; all addresses if empty. */
            allowed_cidrs: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When it expires. */
            expires_at: string | null;
            /** @description When it was last used, to the minute. */
            last_used_at: string | null;
            /** @description When it was revoked. */
            revoked_at: string | null;
            /** @description When the overlap of its rotation ends. */
            dies_at: string | null;
            /** @description The key that replaced it. */
            replaced_by: string | null;
            /** @description The OAuth client that uses this access token, which has the same name; null for other keys. */
            oauth_client: string | null;
        };
        /** @description A key that is revoked. */
        RevokedApiKey: {
            /** @description The id in the path of the request. */
            id: string;
            /** @description For people. */
            name: string;
            /** @description Its last four characters. */
            hint: string;
            /** @description What it may do. */
            scopes: ("transcode" | "upload" | "read" | "admin" | "operator")[];
            /** @description Addresses that can use the key; all addresses if empty. */
            allowed_cidrs: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When it expires. */
            expires_at: string | null;
            /** @description When it was last used, to the minute. */
            last_used_at: string | null;
            /** @description When it was revoked. */
            revoked_at: string | null;
            /** @description When the overlap of its rotation ends. */
            dies_at: string | null;
            /** @description The key that replaced it. */
            replaced_by: string | null;
            /** @description The OAuth client that uses this access token, which has the same name; null for other keys. */
            oauth_client: string | null;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "key";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A new key, with the secret. */
        NewApiKey: {
            /**
             * Format: uuid
             * @description The id of the key; not a secret.
             */
            id: string;
            /** @description For people. */
            name: string;
            /** @description Its last four characters. */
            hint: string;
            /** @description What it may do. */
            scopes: ("transcode" | "upload" | "read" | "admin" | "operator")[];
            /** @description Addresses that can use the key; all addresses if empty. */
            allowed_cidrs: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When it expires. */
            expires_at: string | null;
            /** @description When it was last used, to the minute. */
            last_used_at: string | null;
            /** @description When it was revoked. */
            revoked_at: string | null;
            /** @description When the overlap of its rotation ends. */
            dies_at: string | null;
            /** @description The key that replaced it. */
            replaced_by: string | null;
            /** @description The OAuth client that uses this access token, which has the same name; null for other keys. */
            oauth_client: string | null;
            /** @description The raw key, shown once: null when an Idempotency-Key repeats the request. */
            key: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The successor of a key, with the secret. */
        RotatedApiKey: {
            /**
             * Format: uuid
             * @description The id of the key; not a secret.
             */
            id: string;
            /** @description For people. */
            name: string;
            /** @description Its last four characters. */
            hint: string;
            /** @description What it may do. */
            scopes: ("transcode" | "upload" | "read" | "admin" | "operator")[];
            /** @description Addresses that can use the key; all addresses if empty. */
            allowed_cidrs: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When it expires. */
            expires_at: string | null;
            /** @description When it was last used, to the minute. */
            last_used_at: string | null;
            /** @description When it was revoked. */
            revoked_at: string | null;
            /** @description When the overlap of its rotation ends. */
            dies_at: string | null;
            /** @description The key that replaced it. */
            replaced_by: string | null;
            /** @description The OAuth client that uses this access token, which has the same name; null for other keys. */
            oauth_client: string | null;
            /** @description The raw key, shown once: null when an Idempotency-Key repeats the request. */
            key: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
            /**
             * Format: date-time
             * @description When the old key stops working. Without an overlap, this is the time of the rotation.
             */
            old_key_until: string;
        };
        /** @description The keys of the account. */
        ApiKeyList: {
            /** @description Newest first. */
            items: components["schemas"]["ApiKey"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A session of a person in a browser. */
        Session: {
            /** @description The person who is signed in. */
            user: {
                /**
                 * Format: uuid
                 * @description The id of the person.
                 */
                id: string;
                /** @description The email address. */
                email: string;
                /**
                 * @description `operator` applies to the entire server, all other roles to the account.
                 * @enum {string}
                 */
                role: "operator" | "admin" | "member" | "viewer";
            };
            /** @description The account of that person. */
            account: {
                /**
                 * Format: uuid
                 * @description The id of the account.
                 */
                id: string;
                /** @description The name of the account. */
                name: string;
            };
            /** @description Send it as `x-airlock-csrf` with every change. */
            csrf: string;
            /**
             * Format: date-time
             * @description When the session ends at the latest.
             */
            expires_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A session that has ended. */
        EndedSession: {
            /** @description The id in the path of the request. */
            id: string;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "session";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
        };
        /** @description The person whose password a setup link sets. */
        SetupLink: {
            /** @description The email address; null if the request must contain it. */
            email: string | null;
            /**
             * @description The role of that person.
             * @enum {string}
             */
            role: "operator" | "admin" | "member" | "viewer";
            /** @description The account. */
            account: {
                /** @description The name of the account. */
                name: string;
            };
        };
        /** @description A signed URL for one upload. */
        PresignResult: {
            /**
             * Format: uri
             * @description PUT the bytes here, with the declared content type and no Authorization header.
             */
            uploadUrl: string;
            /** @description Headers to send in addition to `Content-Type`; only if the storage requires any. */
            headers?: {
                [key: string]: string;
            };
            /** @description The `Content-Type` to send, if the request declared none; otherwise absent. */
            contentType?: string;
            /** @description The name that identifies the upload in later requests. */
            filename: string;
            /**
             * Format: date-time
             * @description When the URL expires.
             */
            expiresAt: string;
        };
        /** @description Where to send a file. */
        PresignAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["PresignResult"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description Properties of a media file. */
        MediaMetadata: {
            /** @description Seconds; null for a picture or subtitles. */
            duration_seconds: number | null;
            /** @description Its container. */
            format: string | null;
            /** @description Bytes. */
            size_bytes: number;
            /** @description FFmpeg’s name of the video codec; null without video. */
            video_codec: string | null;
            /** @description FFmpeg’s name of the audio codec; null without audio. */
            audio_codec: string | null;
            /** @description Pixels as displayed; null without video. */
            width: number | null;
            /** @description Pixels as displayed; null without video. */
            height: number | null;
            /** @description Frames per second while the picture changes; null for stills and without video. */
            fps: number | null;
        };
        /** @description A sealed upload. */
        ConfirmResult: {
            /** @description The `url` of an input that uses this upload. */
            fileUrl: string;
            /**
             * @deprecated
             * @description The same.
             */
            gcsUrl: string;
            /** @description The name of the upload. */
            filename: string;
            /** @description Bytes. */
            fileSize: number;
            /**
             * @deprecated
             * @description The same.
             */
            size: number;
            /**
             * Format: date-time
             * @description When it was confirmed.
             */
            uploadedAt: string;
            metadata: components["schemas"]["MediaMetadata"];
        };
        /** @description An upload that can no longer be changed. */
        ConfirmAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["ConfirmResult"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A link to an output. */
        DownloadAnswer: {
            /**
             * Format: uri
             * @description A signed URL, valid for ten minutes.
             */
            url: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A file of an output. */
        OutputFile: {
            /** @description Relative path, unique within the output. */
            path: string;
            /** @description Bytes. */
            size: number;
            /** @description Its media type. */
            content_type: string;
            /** @description SHA-256 of the bytes, 64 hex digits. */
            sha256: string;
        };
        /** @description A page of the files of an output. */
        FileList: {
            /** @description The files, sorted by path. */
            items: components["schemas"]["OutputFile"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A job that has been erased. */
        EraseAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description The job that has been erased.
             */
            id: string;
            /** @description The kind of the job, such as `transcode`. */
            object: string;
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /**
             * Format: date-time
             * @description When all of its bytes were deleted.
             */
            erased_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A kind of job. */
        Kind: {
            /** @description The `kind` of its jobs in `GET /v1/jobs`. */
            name: string;
            /** @description Its routes are below `/v1/{path}`. */
            path: string;
            /** @description The English nouns for its jobs, in lower case. */
            noun: {
                /** @description One job of this kind. */
                one: string;
                /** @description Several. */
                many: string;
            };
            /** @description Every `status` of its jobs. Each kind has the common statuses, and may have others. */
            statuses: string[];
            /** @description The event types of its jobs. */
            events: string[];
        };
        /** @description The kinds of jobs that this server runs. */
        KindList: {
            /** @description Every kind, in a fixed order. */
            items: components["schemas"]["Kind"][];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A stream of a file. */
        ProbedStream: {
            /** @description The number of the stream in the file, from 0. */
            index: number;
            /**
             * @description Video includes pictures.
             * @enum {string}
             */
            type: "video" | "audio";
            /** @description FFmpeg’s name of the codec. */
            codec: string;
            /** @description Its profile; null where it has none. */
            profile: string | null;
            /** @description Bits per second; null if the file does not contain it. */
            bit_rate: number | null;
            /** @description Seconds; null if the stream does not contain it. */
            duration_seconds: number | null;
            /** @description Whether players select it by default. */
            is_default: boolean;
            /** @description Language code of a sound; null where it is not declared. */
            language: string | null;
            /** @description Pixels as stored; null for sound. */
            width: number | null;
            /** @description Pixels as stored; null for sound. */
            height: number | null;
            /** @description Pixels as displayed, rotated and stretched; null for sound. */
            display_width: number | null;
            /** @description Pixels as displayed, rotated and stretched; null for sound. */
            display_height: number | null;
            /** @description Degrees clockwise: 0, 90, 180 or 270; null for sound. */
            rotation: number | null;
            /** @description Frames per second while the picture changes; null for sound. */
            fps: number | null;
            /** @description Number of frames, if the file contains it; null for sound. */
            frames: number | null;
            /** @description FFmpeg’s name of the pixel format; null for sound, and where it is not declared. */
            pixel_format: string | null;
            /** @description Bits per sample; null where it is not declared. */
            bit_depth: number | null;
            /** @description Transfer characteristics; null for sound, and where it is not declared. */
            color_transfer: string | null;
            /** @description Primaries; null for sound, and where it is not declared. */
            color_primaries: string | null;
            /** @description Matrix; null for sound, and where it is not declared. */
            color_space: string | null;
            /** @description `tv` or `pc`; null for sound, and where it is not declared. */
            color_range: string | null;
            /** @description Whether it is HDR; null for sound. */
            is_hdr: boolean | null;
            /** @description Whether it is interlaced; null for sound. */
            is_interlaced: boolean | null;
            /** @description Whether it can be transparent; null for sound. */
            has_alpha: boolean | null;
            /** @description Whether it is the cover of a sound file; null for sound. */
            is_cover: boolean | null;
            /** @description Channels; null for video. */
            channels: number | null;
            /** @description Samples per second; null for video. */
            sample_rate: number | null;
        };
        /** @description What a file contains. */
        ProbeAnswer: {
            /** @description FFmpeg’s name of the format. */
            format: string;
            /** @description Seconds; null for a still picture, or if the file does not contain it. */
            duration_seconds: number | null;
            /** @description Bytes; null if the server of the file does not send it. */
            size_bytes: number | null;
            /** @description Bits per second of the entire file; null if unknown. */
            bit_rate: number | null;
            /** @description Video and sound, in the order of the file. */
            streams: components["schemas"]["ProbedStream"][];
            /** @description Streams of subtitles. */
            subtitle_count: number;
            /** @description Whether FFmpeg would read the file remuxed, as in `inputs` of a job; null if that depends on the entire file. */
            container: ("rewritten" | "original") | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description One command of an attempt. */
        AttemptCommand: {
            /** @description The program, such as `ffmpeg`. */
            program: string;
            /** @description The build that ran, as the program reports it. */
            version: string | null;
            /** @description Version of the distribution’s package; null if the program is not from a package. */
            package: string | null;
            /** @description SHA-256 of the program and its arguments. */
            sha256: string;
            /** @description How its cell ended: `exit`, a limit, or why it was stopped. */
            end: string;
            /** @description Exit code; null if it did not exit. */
            exit_code: number | null;
            /** @description Processor time, milliseconds. */
            cpu_ms: number;
            /** @description Peak memory in bytes. */
            max_rss_bytes: number;
        };
        /** @description An attempt at a job. */
        Attempt: {
            /** @description From 1. */
            number: number;
            /**
             * @description `lost`: its worker died. `released`: the job returned to the queue, and the attempt does not count.
             * @enum {string}
             */
            state: "running" | "completed" | "failed" | "canceled" | "lost" | "released";
            /**
             * Format: date-time
             * @description When it began.
             */
            started_at: string;
            /** @description When it ended; null while it runs. */
            ended_at: string | null;
            /** @description Why it failed; null unless it failed. */
            error_code: string | null;
            /** @description Exit code of FFmpeg; null if it did not exit. */
            exit_code: number | null;
            /** @description The signal that ended FFmpeg; null if none did. */
            signal: string | null;
            /** @description Processor time, milliseconds. */
            cpu_ms: number | null;
            /** @description Peak memory in bytes. */
            max_rss_bytes: number | null;
            /** @description How FFmpeg was confined. */
            tier: string;
            /** @description The build that ran, as FFmpeg reports it. */
            ffmpeg_version: string | null;
            /** @description Every command that ran, in the order in which the commands ended. */
            commands: components["schemas"]["AttemptCommand"][];
            /** @description The last 8 kB that FFmpeg wrote, without paths and URLs; null if it wrote nothing, or the job is erased. */
            log: string | null;
        };
        /** @description How a job was requested, and how it ran. */
        JobDetails: {
            /** @description The body that creates the same job again, without the queries of URLs. Null once the job is erased. */
            request: {
                [key: string]: unknown;
            } | null;
            /** @description Program and arguments that made the output; null until the job is completed, and once it is erased. */
            command: string[] | null;
            /** @description The other commands of a job whose outputs do not share one decode. */
            further_commands: string[][];
            /** @description What the sources contain, in the order of the request. */
            inputs: ({
                /** @description FFmpeg’s name of the format. */
                format: string;
                /** @description Seconds; null for a still picture, or if the file does not contain it. */
                duration_seconds: number | null;
                /** @description Bytes; null if the server of the file does not send it. */
                size_bytes: number | null;
                /** @description Bits per second of the entire file; null if unknown. */
                bit_rate: number | null;
                /** @description Video and sound, in the order of the file. */
                streams: components["schemas"]["ProbedStream"][];
                /** @description Streams of subtitles. */
                subtitle_count: number;
                /** @description Whether FFmpeg would read the file remuxed, as in `inputs` of a job; null if that depends on the entire file. */
                container: ("rewritten" | "original") | null;
            } | null)[];
            /** @description The attempts, oldest first. */
            attempts: components["schemas"]["Attempt"][];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The result of the delivery of an output. */
        DeliveryResult: {
            /**
             * @description `failed` if the output could not be delivered. The output stays in Airlock, and the job can be completed.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description How many attempts at the delivery have begun. */
            attempts: number;
            /** @description `destination_failed` if the delivery failed; null otherwise. */
            error_code: "destination_failed" | null;
            /** @description One sentence for people; null unless the delivery failed. */
            error_message: string | null;
        };
        /** @description The delivery of an output to its destination. */
        OutputDelivery: {
            /**
             * @description `failed` if the output could not be delivered. The output stays in Airlock, and the job can be completed.
             * @enum {string}
             */
            status: "pending" | "delivering" | "delivered" | "failed";
            /** @description How many attempts at the delivery have begun. */
            attempts: number;
            /** @description Host that receives the output; null once the job has been erased. */
            host: string | null;
            /** @description Its bucket; null for a presigned URL. */
            bucket: string | null;
            /** @description Its folder in the bucket; null for a presigned URL. */
            prefix: string | null;
            /** @description Name of the connection to the bucket. Null for a presigned URL. */
            connection: string | null;
            /** @description `destination_failed` if the delivery failed; null otherwise. */
            error_code: "destination_failed" | null;
            /** @description One sentence for people; null unless the delivery failed. */
            error_message: string | null;
            /** @description When the delivery ended; null unless it is `delivered`. */
            delivered_at: string | null;
        };
        /** @description The deliveries that a request has begun. Read the job to see the results. */
        Redelivery: {
            /** @description The deliveries that have begun. */
            items: {
                /** @description Name of the output. */
                output: string;
                destination: components["schemas"]["OutputDelivery"];
            }[];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description How an output compares with its source. */
        QualityFigures: {
            /**
             * @description What was computed.
             * @enum {string}
             */
            metric: "ssim" | "xpsnr" | "psnr";
            /** @description The mean over all frames: of `ssim` from 0 to 1, of `xpsnr` and `psnr` in decibels. */
            mean: number;
            /** @description The first percentile: 99% of the frames reach it. */
            p1: number;
        };
        /** @description How a stream of an output was made. */
        StreamPlan: {
            /**
             * @description A copied stream is identical to the stream of the input.
             * @enum {string}
             */
            mode: "copied" | "encoded";
            /** @description Why a preset encoded the stream instead of copying it; null if it was copied, or if copying was not an option. */
            reason: string | null;
            /** @description Number of pieces that workers encoded in parallel; absent where the server does not split videos. */
            split?: {
                /** @description 1 = one process encoded all of it. */
                pieces: number;
                /** @description Why. */
                reason: string;
            };
        };
        /**
         * @description Why a job failed, for programs.
         * @enum {string}
         */
        FailureCode: "invalid_media" | "unsupported_media" | "unsupported_codec" | "cannot_disarm" | "no_video_stream" | "no_audio_stream" | "empty_media" | "too_many_streams" | "too_many_pixels" | "too_long" | "option_refused" | "encode_failed" | "filter_failed" | "asset_invalid" | "output_invalid" | "source_unreachable" | "source_refused" | "source_not_found" | "source_error" | "source_too_large" | "source_no_ranges" | "source_timeout" | "source_incomplete" | "connection_not_found" | "input_deleted" | "upload_missing" | "upload_rejected" | "limit_memory" | "limit_cpu" | "limit_time" | "limit_output" | "limit_processes" | "sandbox_violation" | "storage_quota" | "storage_full" | "storage_unavailable" | "review_expired" | "transcription_failed" | "worker_lost" | "internal";
        /** @description A rendition of a ladder. */
        Rendition: {
            /** @description Pixels. */
            width: number;
            /** @description Pixels. */
            height: number;
            /** @description Peak bits per second, including audio. */
            bandwidth: number;
            /** @description Average bits per second, including audio. */
            average_bandwidth: number;
            /** @description Codecs of video and audio, as in RFC 6381. */
            codecs: string;
            /** @description Frames per second. */
            frame_rate: number;
        };
        /** @description An output of a job. */
        Output: {
            /** @description The name from the request, or the format. Pass it as `output` to downloads. */
            name: string;
            /**
             * @description Purpose of the output. `media` for video, audio and pictures.
             * @enum {string}
             */
            role: "media" | "ladder" | "still" | "sprite" | "thumbnails" | "preview" | "waveform" | "text";
            /** @description A `gs://` URL that you can send as the input of another job. Null unless the output is completed and is one file. Null after the job is erased, except in manifests. */
            url: string | null;
            /**
             * @description You can download `completed` outputs even if others have failed.
             * @enum {string}
             */
            status: "pending" | "completed" | "failed";
            /** @description The format, one of `outputFormat`. */
            format: string;
            /** @description Total size in bytes; null unless the output is completed. */
            size: number | null;
            /** @description Number of files; null unless the output is completed. */
            files: number | null;
            /** @description Duration of the output in seconds; null for a picture. */
            duration_seconds: number | null;
            /** @description Pixels; null without video. */
            width: number | null;
            /** @description Pixels; null without video. */
            height: number | null;
            /** @description FFmpeg’s name of the video codec; null without video. */
            video_codec: string | null;
            /** @description FFmpeg’s name of the audio codec; null without audio. */
            audio_codec: string | null;
            /** @description SHA-256 of the bytes, or of the list of files, 64 hex digits; null unless the output is completed. */
            sha256: string | null;
            /** @description Which streams Airlock copied, and which it encoded. */
            plan?: {
                /** @description Null without video. */
                video: components["schemas"]["StreamPlan"] | null;
                /** @description Null without audio. */
                audio: components["schemas"]["StreamPlan"] | null;
            };
            /** @description The renditions, largest first. Only present for ladders. */
            renditions?: components["schemas"]["Rendition"][];
            /** @description Whether the segments are encrypted. Only present for ladders. */
            encrypted?: boolean;
            /** @description The result of its delivery; null for an output without a destination. */
            delivery: components["schemas"]["DeliveryResult"] | null;
            /** @description Its delivery with the place that receives it; only for an output with a destination. */
            destination?: components["schemas"]["OutputDelivery"];
            /** @description The figures of the metric of its `target`, or of the first metric of `measure`; absent without both. For a ladder, these are the figures of the largest rendition. */
            quality?: components["schemas"]["QualityFigures"];
            /** @description The figures of all metrics, the metric of the `target` first; absent without `target` and `measure`. */
            measures?: components["schemas"]["QualityFigures"][];
            /** @description Why the output failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description One sentence for people; null unless the output failed. */
            error_message: string | null;
        };
        /** @description A stored object whose bytes have been deleted. */
        DeletedObject: {
            /**
             * Format: uuid
             * @description Names the stored object.
             */
            object_id: string;
            /**
             * @description Its role in the job.
             * @enum {string}
             */
            kind: "upload" | "output";
            /** @description Bytes; null if they were not counted. */
            size: number | null;
            /** @description SHA-256 of the bytes, or of the manifest of an output of many files; null if no job has read them. */
            sha256: string | null;
            /** @description Number of files; only for an output that has many. */
            files?: number;
            /**
             * @description Why it was deleted.
             * @enum {string}
             */
            reason: "erased" | "retention" | "replaced" | "refused" | "lost";
            /**
             * Format: date-time
             * @description When its bytes were deleted.
             */
            deleted_at: string;
        };
        /** @description A stored object whose bytes still exist. */
        RemainingObject: {
            /**
             * Format: uuid
             * @description Names the stored object.
             */
            object_id: string;
            /**
             * @description Its role in the job.
             * @enum {string}
             */
            kind: "upload" | "output";
            /** @description Bytes; null if they were not counted. */
            size: number | null;
            /** @description SHA-256 of the bytes, or of the manifest of an output of many files; null if no job has read them. */
            sha256: string | null;
            /** @description Number of files; only for an output that has many. */
            files?: number;
            /**
             * @description `in_use`: another open job needs it, or its own retention has not ended. `deleting`: storage has not confirmed the deletion yet.
             * @enum {string}
             */
            state: "in_use" | "deleting";
        };
        /** @description A signed URL of an upload. */
        UploadUrl: {
            /**
             * Format: uuid
             * @description The upload that the URL belongs to.
             */
            upload_id: string;
            /**
             * Format: date-time
             * @description When it expires.
             */
            expires_at: string;
            /** @description When it stopped accepting bytes; null while it accepts them. */
            closed_at: string | null;
            /** @description How often bytes arrived after the upload was confirmed or deleted, and were deleted. */
            late_puts: number;
            /** @description Whether bytes are stored there at this moment. */
            holds_bytes: boolean;
        };
        /** @description The work folder of an attempt. */
        WorkingCopy: {
            /** @description The attempt that used it. */
            attempt: number;
            /**
             * Format: uuid
             * @description The child job, such as a piece of a video, or the inspection of an upload, to which the attempt belonged. Absent for an attempt at the job itself. An attempt at an inspection is listed only until its folder is removed.
             */
            child_id?: string;
            /** @description When it was removed; null until this is known. */
            removed_at: string | null;
        };
        /** @description A copy of an output outside of Airlock, which Airlock does not delete. */
        DeliveredCopy: {
            /** @description Position of the output in the job, from 0. */
            position: number;
            /** @description Format of the output. */
            format: string;
            /** @description Host that received it. */
            host: string | null;
            /** @description Its bucket; null for a presigned URL. */
            bucket: string | null;
            /** @description Its folder in the bucket; null for a presigned URL. */
            prefix: string | null;
            /** @description Whether the delivery succeeded. If it failed, parts of the copy may still exist. */
            delivered: boolean;
            /** @description When the delivery ended; null unless it succeeded. */
            delivered_at: string | null;
        };
        /** @description What was deleted of a job, and when. */
        Receipt: {
            /**
             * @description What is signed.
             * @constant
             */
            type: "airlock.receipt";
            /**
             * @description Version of this schema.
             * @constant
             */
            version: 1;
            /**
             * Format: uuid
             * @description The job.
             */
            job_id: string;
            /** @description The kind of the job, such as `transcode`. */
            kind: string;
            /**
             * Format: uuid
             * @deprecated
             * @description The same as `job_id`.
             */
            transcode_id: string;
            /**
             * Format: date-time
             * @description When this receipt was written.
             */
            issued_at: string;
            status: components["schemas"]["JobStatus"];
            /**
             * @description Why the job’s bytes were deleted.
             * @enum {string}
             */
            reason: "erased" | "retention" | "lost";
            /**
             * Format: date-time
             * @description When the deletion began.
             */
            erased_at: string;
            /** @description Whether no bytes of the job remain, and no upload URL can add any. */
            complete: boolean;
            /** @description When the last upload URL stops accepting bytes; null if none accepts any, or if completion depends on something else. */
            complete_at: string | null;
            /** @description The deleted objects. */
            deleted: components["schemas"]["DeletedObject"][];
            /** @description The objects that still exist, and why. */
            remaining: components["schemas"]["RemainingObject"][];
            /** @description The signed URLs of the job’s uploads. */
            upload_urls: components["schemas"]["UploadUrl"][];
            /** @description The work folders of the attempts at the job, at its child jobs and at the inspections of its uploads. */
            working_copies: components["schemas"]["WorkingCopy"][];
            /** @description Copies that were delivered to destinations of the job, which its owner deletes; absent if there are none. */
            copies?: components["schemas"]["DeliveredCopy"][];
        };
        /** @description A source of an output. */
        ManifestSource: {
            /** @description Its position among inputs and assets, from 0. */
            position: number;
            /**
             * @description A source of the job, or a file that a filter names.
             * @enum {string}
             */
            role: "input" | "asset";
            /** @description What an asset was used as; null for an input. */
            kind: string | null;
            /** @description Bytes. */
            size: number | null;
            /** @description SHA-256 of the bytes as received. */
            sha256: string | null;
            /** @description Whether FFmpeg read a remuxed container or the original file; null if unknown. */
            container: ("rewritten" | "original") | null;
        };
        /** @description The attempt that created an output. */
        ManifestAttempt: {
            /** @description Number of the attempt that created the output, from 1. */
            number: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            started_at: string;
            /** @description When it ended. */
            ended_at: string | null;
            /** @description Exit code of FFmpeg. */
            exit_code: number | null;
            /** @description Processor time, milliseconds. */
            cpu_ms: number | null;
            /** @description Peak memory in bytes. */
            max_rss_bytes: number | null;
        };
        /** @description How an output was created. */
        Manifest: {
            /**
             * @description What is signed.
             * @constant
             */
            type: "airlock.manifest";
            /**
             * @description Version of this schema.
             * @constant
             */
            version: 1;
            /**
             * Format: uuid
             * @description The job.
             */
            transcode_id: string;
            /**
             * Format: date-time
             * @description When the job was accepted.
             */
            created_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its bytes were deleted; null while they exist. */
            erased_at: string | null;
            /** @description The sources of the output. */
            inputs: components["schemas"]["ManifestSource"][];
            /** @description The files that were created. */
            outputs: components["schemas"]["Output"][];
            /** @description The exact commands. */
            command: {
                /** @description Program and arguments; null once the job has been erased. */
                argv: string[] | null;
                /** @description The other commands of a job whose outputs do not share one decode; absent if there are none. */
                further?: string[][];
                /** @description SHA-256 of `argv` as canonical JSON. If there is `further`, SHA-256 of the list of all commands. */
                sha256: string | null;
            };
            /** @description The build that ran. */
            ffmpeg: {
                /** @description As FFmpeg reports it. */
                version: string | null;
                /** @description Version of the distribution’s package. */
                package: string | null;
            };
            /** @description Every command of the attempts that made outputs and of the last attempt, in the order in which the commands ended. Empty for jobs of older releases. */
            commands: components["schemas"]["AttemptCommand"][];
            /** @description The cell that it ran in. */
            sandbox: {
                /** @description How FFmpeg was confined. */
                tier: string;
            };
            attempt: components["schemas"]["ManifestAttempt"];
            /** @description The Airlock release that ran it. */
            airlock: {
                /** @description Version of the worker. */
                version: string | null;
            };
        };
        /** @description A receipt that anyone can verify. */
        SignedReceipt: {
            receipt: components["schemas"]["Receipt"];
            /** @description Base64url of the signature over the canonical JSON (RFC 8785) of the statement. */
            signature: string;
            /** @description The `kid` of the key in `/.well-known/airlock-keys.json`. */
            key_id: string;
            /**
             * @description Always this one.
             * @constant
             */
            algorithm: "Ed25519";
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A manifest that anyone can verify. */
        SignedManifest: {
            manifest: components["schemas"]["Manifest"];
            /** @description Base64url of the signature over the canonical JSON (RFC 8785) of the statement. */
            signature: string;
            /** @description The `kid` of the key in `/.well-known/airlock-keys.json`. */
            key_id: string;
            /**
             * @description Always this one.
             * @constant
             */
            algorithm: "Ed25519";
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A JSON Web Key (RFC 8037). */
        PublicKey: {
            /**
             * @description Key type.
             * @constant
             */
            kty: "OKP";
            /**
             * @description Curve.
             * @constant
             */
            crv: "Ed25519";
            /** @description The public key, base64url. */
            x: string;
            /** @description Its id: the RFC 7638 thumbprint. */
            kid: string;
            /**
             * @description For signatures.
             * @constant
             */
            use: "sig";
            /**
             * @description Algorithm.
             * @constant
             */
            alg: "EdDSA";
        };
        /** @description A JSON Web Key Set (RFC 7517). */
        PublicKeys: {
            /** @description The current key and the keys that it replaced. */
            keys: components["schemas"]["PublicKey"][];
        };
        /** @description The next attempt of a job whose last attempt failed. */
        Retry: {
            /** @description The number of the next attempt, among the attempts that count. */
            attempt: number;
            /** @description The number of attempts after which the job fails. */
            of: number;
            /**
             * Format: date-time
             * @description When the next attempt can start. In the past if the job only waits for a worker.
             */
            at: string;
            /** @description Why the last attempt failed. */
            error_code: components["schemas"]["FailureCode"];
            /** @description How to fix it; null if this server does not know the code. */
            error_advice: string | null;
        };
        /** @description One option of a command. Order matters, and options can repeat. */
        Option: {
            /** @description An option of FFmpeg with its dash, or `@text-overlay`, `@captions`, `@quote-card`. */
            option: string;
            /** @description A string, a number, or an object for an option that starts with `@`. Absent, "" or null for a flag. */
            argument?: string | number | {
                [key: string]: unknown;
            } | null;
        };
        /** @description An upload of the account. */
        Upload: {
            /** @description The name of the upload. */
            filename: string;
            /** @description The name that was sent. */
            originalFilename: string;
            /**
             * @description `pending` until it is confirmed, `confirming` while it is inspected, then `confirmed`.
             * @enum {string}
             */
            status: "pending" | "confirming" | "confirmed";
            /** @description The type that was declared. */
            contentType: string;
            /** @description The declared size in bytes. A confirmed upload has exactly this size. */
            fileSize: number;
            /** @description The `url` of an input that uses this upload; null until it is confirmed. */
            fileUrl: string | null;
            /**
             * Format: date-time
             * @description When its URL was requested.
             */
            createdAt: string;
            /** @description When it was confirmed. */
            uploadedAt: string | null;
            /**
             * Format: date-time
             * @description When Airlock deletes it, unless an open job needs it. Each job that uses the upload postpones this time.
             */
            expiresAt: string;
            /** @description The `id` of the upload token with which the upload was started. Null if the upload was started without a token. */
            uploadTokenId: string | null;
            /** @description Properties of the file; null until it is confirmed. */
            metadata: components["schemas"]["MediaMetadata"] | null;
        };
        /** @description A page of uploads. */
        UploadPage: {
            /** @description Newest first. */
            items: components["schemas"]["Upload"][];
            /** @description The page. */
            page: number;
            /** @description Number of uploads per page. */
            limit: number;
            /** @description Number of uploads on all pages. */
            total: number;
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
        };
        /** @description A page of uploads. */
        UploadList: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["UploadPage"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description One upload. */
        UploadAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["Upload"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The deleted upload. */
        DeletedUpload: {
            /** @description The name that the upload had. */
            filename: string;
        };
        /** @description An upload whose bytes have been deleted. */
        UploadDeleted: {
            /** @description The id in the path of the request. */
            id: string;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "upload";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["DeletedUpload"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A signed URL for one part. */
        PartUrl: {
            /** @description The number of the part, from 1. */
            partNumber: number;
            /**
             * Format: uri
             * @description PUT the bytes of the part here, without an Authorization header.
             */
            url: string;
            /** @description Headers to send in addition to `Content-Type`; only if the storage requires any. */
            headers?: {
                [key: string]: string;
            };
            /** @description Size of the part in bytes. The URL accepts exactly this size. */
            size: number;
        };
        /** @description An upload in parts that has begun. */
        MultipartResult: {
            /**
             * Format: uuid
             * @description Identifies the upload in parts.
             */
            uploadId: string;
            /** @description The name that identifies the upload in later requests. */
            filename: string;
            /** @description Bytes of every part but the last. */
            partSize: number;
            /** @description Number of parts. */
            partCount: number;
            /** @description URLs of the first 100 parts. */
            parts: components["schemas"]["PartUrl"][];
            /**
             * Format: date-time
             * @description When the URLs expire. Request new URLs after that.
             */
            expiresAt: string;
        };
        /** @description Where to send the parts. */
        MultipartAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["MultipartResult"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description Signed URLs for parts. */
        PartUrls: {
            /** @description In the order of the request. */
            parts: components["schemas"]["PartUrl"][];
            /**
             * Format: date-time
             * @description When the URLs expire. Request new URLs after that.
             */
            expiresAt: string;
        };
        /** @description Where to send these parts. */
        PartUrlsAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["PartUrls"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A part that is complete. */
        ArrivedPart: {
            /** @description The number of the part, from 1. */
            partNumber: number;
            /** @description Identifies the bytes that arrived, as in the `ETag` of the PUT. */
            etag: string;
            /** @description Bytes. */
            size: number;
        };
        /** @description The state of an upload in parts. */
        MultipartState: {
            /**
             * Format: uuid
             * @description Identifies the upload in parts.
             */
            uploadId: string;
            /** @description The name that identifies the upload in later requests. */
            filename: string;
            /** @description Bytes of all parts. */
            fileSize: number;
            /** @description Bytes of every part but the last. */
            partSize: number;
            /** @description Number of parts. */
            partCount: number;
            /**
             * @description `pending` until it is confirmed.
             * @enum {string}
             */
            status: "pending" | "confirming" | "confirmed";
            /** @description Parts that have arrived, by number. Empty once the upload is confirmed. */
            parts: components["schemas"]["ArrivedPart"][];
            /**
             * Format: date-time
             * @description When the upload and its parts are deleted unless it is confirmed.
             */
            expiresAt: string;
        };
        /** @description An upload in parts. */
        MultipartView: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["MultipartState"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The deleted upload. */
        DeletedMultipart: {
            /**
             * Format: uuid
             * @description Identifies the upload in parts.
             */
            uploadId: string;
        };
        /** @description An upload in parts that has been deleted with its parts. */
        MultipartDeleted: {
            /** @description The id in the path of the request. */
            id: string;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "multipart_upload";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            result: components["schemas"]["DeletedMultipart"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description Where to send a file with one PUT. */
        UploadTarget: {
            /**
             * @description Always `PUT`.
             * @constant
             */
            method: "PUT";
            /**
             * Format: uri
             * @description Send the bytes here, without an Authorization header. The URL accepts exactly the declared size.
             */
            url: string;
            /** @description Send each of these headers. */
            headers: {
                [key: string]: string;
            };
            /** @description Name of the upload, for example for a confirm request. */
            filename: string;
            /**
             * Format: date-time
             * @description When the URL expires.
             */
            expires_at: string;
        };
        /** @description Where to send the parts of a file above 64 MiB. */
        UploadPartsTarget: {
            /**
             * Format: uuid
             * @description Identifies the upload in parts, for `/v1/upload/multipart/{uploadId}`.
             */
            uploadId: string;
            /** @description Name of the upload, for example for a confirm request. */
            filename: string;
            /** @description Bytes of every part but the last. */
            partSize: number;
            /** @description Number of parts. */
            partCount: number;
            /** @description URLs of the first parts. Request others with `/v1/upload/multipart/{uploadId}/parts`. */
            parts: components["schemas"]["PartUrl"][];
            /**
             * Format: date-time
             * @description When the URLs expire. Then request new URLs.
             */
            expires_at: string;
        };
        /** @description A limit of a job. */
        AppliedLimit: {
            /** @description The requested value; null if there is none, or the job has been erased. */
            requested: number | null;
            /** @description The limit of the cell; null until it has run. */
            applied: number | null;
            /** @description Who set the applied limit. */
            set_by: ("job" | "account" | "server") | null;
        };
        /** @description The limits of a job, and who set each. */
        AppliedLimits: {
            memory_mb: components["schemas"]["AppliedLimit"];
            cpu_seconds: components["schemas"]["AppliedLimit"];
            wall_seconds: components["schemas"]["AppliedLimit"];
            output_mb: components["schemas"]["AppliedLimit"];
        };
        /** @description A webhook that is deleted, with its deliveries. */
        RemovedWebhook: {
            /** @description The id in the path of the request. */
            id: string;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "webhook";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The default secret of the account. */
        WebhookSecret: {
            /** @description Signs the events of jobs that name a `webhook_url`. */
            secret: string;
            /** @description When the replaced secret stops signing. */
            old_secret_until: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A source of a job, with its known properties. */
        Source: {
            /** @description As it was sent, without its query; null once the job has been erased. */
            url: string | null;
            /** @description Seconds; null before it has been probed, and for a picture. */
            duration: number | null;
            /** @description Its container; null before it has been probed. */
            format: string | null;
            /** @description Bytes; null before it has been probed. */
            size: number | null;
            /** @description How the source was fetched from its URL: as a `whole` before FFmpeg started, `streamed` into it while it arrived, or only the `ranges` that were needed; null for other sources, or if not known yet. */
            fetched: ("whole" | "streamed" | "ranges") | null;
            /** @description Whether FFmpeg reads a remuxed container or the original file; null if not known yet. */
            container: ("rewritten" | "original") | null;
            /** @description Where to send the bytes of an `upload`. Null in every response except the response that creates the job. */
            upload: (components["schemas"]["UploadTarget"] | components["schemas"]["UploadPartsTarget"]) | null;
        };
        /** @description The options of the request for a job. */
        FfmpegOptions: {
            /**
             * @description What determines how the output is encoded.
             * @enum {string}
             */
            source: "preset" | "raw_options" | "defaults";
            /** @description The options of the request; empty when it had none. */
            options: components["schemas"]["Option"][];
            /** @description The preset of the request; null when it had none. */
            preset: {
                /** @description As it was sent. */
                quality?: string;
                /** @description As it was sent. */
                resolution?: string;
            } | null;
        };
        /** @description Properties of the first input. */
        VideoMetadata: {
            /** @description Its container. */
            format: string | null;
            /** @description Its duration in seconds. */
            duration_seconds: number | null;
            /** @description Its size in bytes. */
            size_bytes: number | null;
        };
        /** @description A job and its result. */
        Job: {
            /**
             * Format: uuid
             * @description The id of the job.
             */
            id: string;
            /**
             * Format: uuid
             * @deprecated
             * @description The same as `id`.
             */
            jobId: string;
            status: components["schemas"]["JobStatus"];
            /** @description `upload` while a `pending` job waits for the bytes of an `upload`, before it is in the queue. Otherwise null. */
            waiting_for: "upload" | null;
            /** @description What the job awaits without occupying a slot: the bytes of its `upload`, its `children`, which encode pieces of a video, or the `delivery` of its stored outputs. Otherwise null. */
            awaiting: ("upload" | "children" | "delivery") | null;
            /** @description The sources, in the order of the request. */
            inputs: components["schemas"]["Source"][];
            /** @description The outputs, in the order of the request. An output is `completed` and can be downloaded as soon as it is stored, even while the job is `processing`. If the job has one output, the list is empty until this output is completed. */
            outputs: components["schemas"]["Output"][];
            /** @description The `outputFormat` of the request. */
            output_format: string;
            /** @description A `gs://` URL, usable as the input of another job; null without an output. */
            output_url: string | null;
            /** @description Total minutes of all inputs, rounded up; null until every input has been probed. */
            billable_minutes: number | null;
            /** @description Total duration of all inputs in seconds; null until every input has been probed. */
            duration_seconds: number | null;
            /** @description The version of the template that the request used, such as `web@3`; null without one. */
            template: string | null;
            ffmpeg_options: components["schemas"]["FfmpegOptions"];
            /** @description Properties of the first input; null before it has been probed. */
            video_metadata: components["schemas"]["VideoMetadata"] | null;
            /** @description One sentence for people; null unless the job failed. */
            error_message: string | null;
            /** @description Why the job failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the job failed. */
            error_advice: string | null;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /** @description From 0 to 1. */
            progress: number;
            /** @description Media seconds encoded per second; null unless the job runs. */
            speed: number | null;
            /** @description Frames encoded per second; null unless the job runs. */
            fps: number | null;
            /** @description Estimated seconds until the job ends. */
            eta_seconds: number | null;
            /** @description The `priority` of the request. Within an account, jobs with a higher priority start first. */
            priority: number;
            /** @description Position of the job among all waiting jobs of its resource class, including jobs of other accounts. The next job to start has position 1. Null unless the job is waiting. */
            queue_position: number | null;
            /** @description Number of attempts. */
            attempts: number;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            limits: components["schemas"]["AppliedLimits"];
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed; `since` and `until` filter by this.
             */
            updated_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. Null until the job ends, because the retention starts at its end. */
            expires_at: string | null;
            /** @description What Airlock ignored or changed; empty if nothing. */
            warnings: components["schemas"]["Warning"][];
        };
        /** @description A job without its options: `ffmpeg_options.options` is empty here. Read the job to get it. */
        JobListItem: {
            /**
             * Format: uuid
             * @description The id of the job.
             */
            id: string;
            /**
             * Format: uuid
             * @deprecated
             * @description The same as `id`.
             */
            jobId: string;
            status: components["schemas"]["JobStatus"];
            /** @description `upload` while a `pending` job waits for the bytes of an `upload`, before it is in the queue. Otherwise null. */
            waiting_for: "upload" | null;
            /** @description What the job awaits without occupying a slot: the bytes of its `upload`, its `children`, which encode pieces of a video, or the `delivery` of its stored outputs. Otherwise null. */
            awaiting: ("upload" | "children" | "delivery") | null;
            /** @description The sources, in the order of the request. */
            inputs: components["schemas"]["Source"][];
            /** @description The outputs, in the order of the request. An output is `completed` and can be downloaded as soon as it is stored, even while the job is `processing`. If the job has one output, the list is empty until this output is completed. */
            outputs: components["schemas"]["Output"][];
            /** @description The `outputFormat` of the request. */
            output_format: string;
            /** @description A `gs://` URL, usable as the input of another job; null without an output. */
            output_url: string | null;
            /** @description Total minutes of all inputs, rounded up; null until every input has been probed. */
            billable_minutes: number | null;
            /** @description Total duration of all inputs in seconds; null until every input has been probed. */
            duration_seconds: number | null;
            /** @description The version of the template that the request used, such as `web@3`; null without one. */
            template: string | null;
            ffmpeg_options: components["schemas"]["FfmpegOptions"];
            /** @description Properties of the first input; null before it has been probed. */
            video_metadata: components["schemas"]["VideoMetadata"] | null;
            /** @description One sentence for people; null unless the job failed. */
            error_message: string | null;
            /** @description Why the job failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the job failed. */
            error_advice: string | null;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /** @description From 0 to 1. */
            progress: number;
            /** @description Media seconds encoded per second; null unless the job runs. */
            speed: number | null;
            /** @description Frames encoded per second; null unless the job runs. */
            fps: number | null;
            /** @description Estimated seconds until the job ends. */
            eta_seconds: number | null;
            /** @description The `priority` of the request. Within an account, jobs with a higher priority start first. */
            priority: number;
            /** @description Position of the job among all waiting jobs of its resource class, including jobs of other accounts. The next job to start has position 1. Null unless the job is waiting. */
            queue_position: number | null;
            /** @description Number of attempts. */
            attempts: number;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            limits: components["schemas"]["AppliedLimits"];
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed; `since` and `until` filter by this.
             */
            updated_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. Null until the job ends, because the retention starts at its end. */
            expires_at: string | null;
            /** @description What Airlock ignored or changed; empty if nothing. */
            warnings: components["schemas"]["Warning"][];
            /** @description True if the texts of this job did not fit on the page. The list then omits its metadata, warnings, error message and input URLs. Read the job to get them. */
            shortened: boolean;
        };
        /** @description A file that a run reads. */
        BlueprintRunMedia: {
            /** @description As it was sent, without its query; null once the run has been erased. */
            url: string | null;
        };
        /** @description A run of a blueprint in a list, without its outputs and subtitles. */
        BlueprintRunItem: {
            /**
             * Format: uuid
             * @description The id of the run.
             */
            id: string;
            /** @description The slug of its blueprint. */
            blueprint: string;
            /**
             * @description State of the run. `completed`, `failed` and `canceled` are final. An `awaiting_review` run waits until you continue it.
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "failed" | "canceled" | "awaiting_review";
            /**
             * @description The current step, or the last step of a run that has ended. `probe` reads the inputs, `transcribe` transcribes the speech, `review` waits for reviewed subtitles, and `render` makes the outputs.
             * @enum {string}
             */
            step: "queued" | "probe" | "transcribe" | "review" | "render" | "done";
            /** @description The files of the run, in the order of the inputs of its blueprint. */
            inputs: components["schemas"]["BlueprintRunMedia"][];
            /** @description One sentence for people; null unless the run failed. */
            error_message: string | null;
            /** @description Why the run failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the run failed. */
            error_advice: string | null;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_charged: 0;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_spent: 0;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /**
             * Format: date-time
             * @description When Airlock accepted the run.
             */
            created_at: string;
            /** @description When the run became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. */
            expires_at: string | null;
        };
        /** @description An output of a run. */
        BlueprintRunOutput: {
            /** @description The label of the output in the blueprint. */
            label: string;
            /** @description A link to the output. It expires after ten minutes. */
            url: string;
        };
        /** @description A run of a blueprint. */
        BlueprintRun: {
            /**
             * Format: uuid
             * @description The id of the run.
             */
            id: string;
            /** @description The slug of its blueprint. */
            blueprint: string;
            /**
             * @description State of the run. `completed`, `failed` and `canceled` are final. An `awaiting_review` run waits until you continue it.
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "failed" | "canceled" | "awaiting_review";
            /**
             * @description The current step, or the last step of a run that has ended. `probe` reads the inputs, `transcribe` transcribes the speech, `review` waits for reviewed subtitles, and `render` makes the outputs.
             * @enum {string}
             */
            step: "queued" | "probe" | "transcribe" | "review" | "render" | "done";
            /** @description The files of the run, in the order of the inputs of its blueprint. */
            inputs: components["schemas"]["BlueprintRunMedia"][];
            /** @description One sentence for people; null unless the run failed. */
            error_message: string | null;
            /** @description Why the run failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the run failed. */
            error_advice: string | null;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_charged: 0;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_spent: 0;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /**
             * Format: date-time
             * @description When Airlock accepted the run.
             */
            created_at: string;
            /** @description When the run became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. */
            expires_at: string | null;
            /** @description A link to the first output. It expires after ten minutes. Null if the run has no output. */
            output_url: string | null;
            /** @description The complete outputs. Empty until the run ends, and after its outputs are deleted. */
            outputs: components["schemas"]["BlueprintRunOutput"][];
            /** @description The subtitles to review, or the reviewed subtitles, as SRT. Null for blueprints without captions, and after the run is erased. */
            srt_text: string | null;
        };
        /** @description An accepted run. The response to a request with `wait` also contains all other fields of the run. */
        CreatedBlueprintRun: {
            /**
             * Format: uuid
             * @description The id of the run.
             */
            id: string;
            /** @description The slug of its blueprint. */
            blueprint: string;
            /**
             * @description State of the run. `completed`, `failed` and `canceled` are final. An `awaiting_review` run waits until you continue it.
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "failed" | "canceled" | "awaiting_review";
            /**
             * @description The current step, or the last step of a run that has ended. `probe` reads the inputs, `transcribe` transcribes the speech, `review` waits for reviewed subtitles, and `render` makes the outputs.
             * @enum {string}
             */
            step?: "queued" | "probe" | "transcribe" | "review" | "render" | "done";
            /** @description The files of the run, in the order of the inputs of its blueprint. */
            inputs?: components["schemas"]["BlueprintRunMedia"][];
            /** @description One sentence for people; null unless the run failed. */
            error_message?: string | null;
            /** @description Why the run failed, for programs; null unless it failed. */
            error_code?: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the run failed. */
            error_advice?: string | null;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry?: components["schemas"]["Retry"] | null;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_charged: 0;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_spent?: 0;
            /** @description Your own data. */
            metadata?: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /**
             * Format: date-time
             * @description When Airlock accepted the run.
             */
            created_at?: string;
            /** @description When the run became final. */
            completed_at?: string | null;
            /** @description When its outputs are deleted. */
            expires_at?: string | null;
            /** @description A link to the first output. It expires after ten minutes. Null if the run has no output. */
            output_url?: string | null;
            /** @description The complete outputs. Empty until the run ends, and after its outputs are deleted. */
            outputs?: components["schemas"]["BlueprintRunOutput"][];
            /** @description The subtitles to review, or the reviewed subtitles, as SRT. Null for blueprints without captions, and after the run is erased. */
            srt_text?: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The video whose captions await a review. */
        BlueprintRunSource: {
            /** @description A link to the video. It expires after ten minutes. Null if the video was not uploaded. */
            url: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description An output that a blueprint makes. */
        BlueprintOutput: {
            /** @description The label of the output in `outputs` of a run. */
            label: string;
            /** @description The format of the output, such as `mp4`. */
            format: string;
        };
        /** @description A ready-made recipe for a video. */
        Blueprint: {
            /** @description The name of the blueprint in `POST /v1/blueprints/{slug}/runs`. */
            slug: string;
            /** @description The name of the blueprint for people. */
            title: string;
            /** @description What the blueprint makes. */
            description: string;
            /** @description A JSON Schema (2020-12) of the body of a run. An input that is a file has the property `x-media`: `video`, `image` or `audio`. */
            inputs: {
                [key: string]: unknown;
            };
            /** @description Every output that the blueprint can make. */
            outputs: components["schemas"]["BlueprintOutput"][];
            /** @description Whether this server can run the blueprint. */
            available: boolean;
        };
        /** @description The blueprints of this server. */
        BlueprintList: {
            /** @description Every blueprint, in a fixed order. */
            items: components["schemas"]["Blueprint"][];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description One entry of a batch. */
        BatchItem: {
            /** @description Position in `jobs` of the request, from 0. */
            index: number;
            /**
             * @description Whether a job was created.
             * @enum {string}
             */
            status: "accepted" | "refused";
            /** @description The job; absent if none was created. */
            job?: components["schemas"]["JobListItem"];
            /** @description Why no job was created: the error that a create would have returned. */
            error?: components["schemas"]["Error"];
        };
        /** @description Jobs of the batch by status. */
        BatchCounts: {
            /** @description Waiting. */
            pending: number;
            /** @description Running. */
            processing: number;
            /** @description Completed. */
            completed: number;
            /** @description Failed. */
            failed: number;
            /** @description Canceled. */
            canceled: number;
        };
        /** @description Your own data. */
        BatchMetadata: {
            /** @description The `metadata` of the request. */
            user: {
                [key: string]: unknown;
            } | null;
        };
        /** @description A batch without its entries. */
        BatchSummary: {
            /**
             * Format: uuid
             * @description The id of the batch.
             */
            id: string;
            /**
             * @description `completed` when every job is final, regardless of its result. `canceled` if the batch was canceled first.
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "canceled";
            /** @description Number of entries in the request. */
            total: number;
            /** @description Number of jobs that were created. */
            accepted: number;
            /** @description Number of entries that were rejected. */
            refused: number;
            jobs: components["schemas"]["BatchCounts"];
            metadata: components["schemas"]["BatchMetadata"];
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When its last job was final. */
            completed_at: string | null;
        };
        /** @description A page of batches. */
        BatchList: {
            /** @description Newest first. */
            items: components["schemas"]["BatchSummary"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description Jobs that were created together. */
        Batch: {
            /**
             * Format: uuid
             * @description The id of the batch.
             */
            id: string;
            /**
             * @description `completed` when every job is final, regardless of its result. `canceled` if the batch was canceled first.
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "canceled";
            /** @description Number of entries in the request. */
            total: number;
            /** @description Number of jobs that were created. */
            accepted: number;
            /** @description Number of entries that were rejected. */
            refused: number;
            jobs: components["schemas"]["BatchCounts"];
            metadata: components["schemas"]["BatchMetadata"];
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When its last job was final. */
            completed_at: string | null;
            /** @description In the order of the request. Each job has the same form as in lists. */
            items: components["schemas"]["BatchItem"][];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A batch that has been canceled. */
        BatchCanceled: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            /**
             * @description Always this text.
             * @constant
             */
            message: "Batch cancelled successfully";
            /** @description Number of jobs that this request canceled. All others were already final. */
            canceled: number;
            batch: components["schemas"]["Batch"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description URLs that play an output without a key. Do not log them, and give them only to viewers. */
        Playback: {
            /**
             * Format: uri
             * @description `hls_url`, or `dash_url` if the output has no HLS playlist.
             */
            url: string;
            /** @description The HLS master playlist; null if the output has none. */
            hls_url: string | null;
            /** @description The DASH manifest; null if the output has none. */
            dash_url: string | null;
            /** @description The WebVTT file of the first `sprite` of the job, for scrub previews; null if the job has none. */
            thumbnails_track: string | null;
            /**
             * Format: uri
             * @description A page with a player, which shows scrub previews if the job has a `sprite`.
             */
            page_url: string;
            /**
             * Format: date-time
             * @description When the URLs expire.
             */
            expires_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description An account and its limits. */
        Account: {
            /**
             * Format: uuid
             * @description The id of the account.
             */
            id: string;
            /** @description The name of the account. */
            name: string;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When it was disabled. Airlock rejects all requests of a disabled account. */
            disabled_at: string | null;
            /** @description Maximum memory of one job, in MB of 1,048,576 bytes. Null: the server’s limit. */
            memory_mb: number | null;
            /** @description Maximum processor time of one job, in seconds. Null: the server’s limit. */
            cpu_seconds: number | null;
            /** @description Maximum run time of one job, in seconds. Null: the server’s limit. */
            wall_seconds: number | null;
            /** @description Maximum size of one output, in MB of 1,048,576 bytes. Null: the server’s limit. */
            output_mb: number | null;
            /** @description Maximum number of running jobs. Null: 16. */
            max_concurrent: number | null;
            /** @description Maximum number of waiting jobs. Null: 10,000. */
            max_queued: number | null;
            /** @description Maximum bytes of one upload. Null: AIRLOCK_MAX_UPLOAD. */
            max_upload_bytes: number | null;
            /** @description Maximum bytes of stored uploads and outputs, including bytes reserved for unconfirmed upload URLs. Null: 100,000,000,000. */
            max_stored_bytes: number | null;
            /** @description Maximum number of unconfirmed upload URLs. Null: 100. */
            max_open_uploads: number | null;
            /** @description Maximum minutes of input per month. Null: no quota. */
            monthly_minutes: number | null;
            /** @description Maximum requests of one key per minute. Null: AIRLOCK_RATE_LIMIT. */
            requests_per_minute: number | null;
            /** @description Seconds for which Airlock keeps outputs, and uploads after their last use. Can only shorten the retention of the server. Null: AIRLOCK_RETENTION. */
            retention_seconds: number | null;
            /** @description Whether to reject each input that Airlock cannot remux, before FFmpeg reads the input. */
            disarm: boolean;
        };
        /** @description An account, its limits and its usage. */
        AccountWithUsage: {
            /**
             * Format: uuid
             * @description The id of the account.
             */
            id: string;
            /** @description The name of the account. */
            name: string;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /** @description When it was disabled. Airlock rejects all requests of a disabled account. */
            disabled_at: string | null;
            /** @description Maximum memory of one job, in MB of 1,048,576 bytes. Null: the server’s limit. */
            memory_mb: number | null;
            /** @description Maximum processor time of one job, in seconds. Null: the server’s limit. */
            cpu_seconds: number | null;
            /** @description Maximum run time of one job, in seconds. Null: the server’s limit. */
            wall_seconds: number | null;
            /** @description Maximum size of one output, in MB of 1,048,576 bytes. Null: the server’s limit. */
            output_mb: number | null;
            /** @description Maximum number of running jobs. Null: 16. */
            max_concurrent: number | null;
            /** @description Maximum number of waiting jobs. Null: 10,000. */
            max_queued: number | null;
            /** @description Maximum bytes of one upload. Null: AIRLOCK_MAX_UPLOAD. */
            max_upload_bytes: number | null;
            /** @description Maximum bytes of stored uploads and outputs, including bytes reserved for unconfirmed upload URLs. Null: 100,000,000,000. */
            max_stored_bytes: number | null;
            /** @description Maximum number of unconfirmed upload URLs. Null: 100. */
            max_open_uploads: number | null;
            /** @description Maximum minutes of input per month. Null: no quota. */
            monthly_minutes: number | null;
            /** @description Maximum requests of one key per minute. Null: AIRLOCK_RATE_LIMIT. */
            requests_per_minute: number | null;
            /** @description Seconds for which Airlock keeps outputs, and uploads after their last use. Can only shorten the retention of the server. Null: AIRLOCK_RETENTION. */
            retention_seconds: number | null;
            /** @description Whether to reject each input that Airlock cannot remux, before FFmpeg reads the input. */
            disarm: boolean;
            /** @description What it uses now. */
            usage: {
                /** @description Active keys. */
                keys: number;
                /** @description Jobs that wait for a worker. */
                waiting: number;
                /** @description Jobs that await child jobs, deliveries, a review or an upload, and need no worker until then. */
                awaiting: number;
                /** @description Jobs that run. */
                running: number;
                /** @description Minutes of input in this month. */
                minutes: number;
                /** @description Bytes of uploads and outputs, including bytes reserved for unconfirmed upload URLs. */
                stored_bytes: number;
                /** @description Unconfirmed upload URLs. */
                open_uploads: number;
            };
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The accounts of this server. */
        AccountList: {
            /** @description Sorted by name. */
            items: components["schemas"]["Account"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
        };
        /** @description A worker that is alive. */
        Worker: {
            /**
             * Format: uuid
             * @description The id of the worker.
             */
            id: string;
            /** @description A fingerprint of its machine. */
            host: string;
            /** @description The Airlock release that it runs. */
            version: string;
            /** @description Number of jobs that it can run concurrently. */
            slots: number;
            /** @description Slots for heavy jobs, such as long encodes. */
            heavy_slots: number | null;
            /** @description Number of jobs that it is running. */
            running: number;
            /** @description How it confines FFmpeg. */
            tier: string;
            /** @description Its FFmpeg. */
            ffmpeg: string;
            /**
             * @description The last self-test of its sandbox.
             * @enum {string}
             */
            self_test: "passed" | "failed" | "running";
            /** @description Whether it starts no new jobs. */
            draining: boolean;
            /** @description Whether an operator has requested that it start no new jobs. It stops within ten seconds. */
            drain_requested: boolean;
            /**
             * Format: date-time
             * @description When it started.
             */
            started_at: string;
            /**
             * Format: date-time
             * @description When it last sent a heartbeat.
             */
            heartbeat_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The workers of this server. */
        WorkerList: {
            /** @description Workers with a recent heartbeat, oldest first. */
            items: components["schemas"]["Worker"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
        };
        /** @description Waiting and running jobs. */
        Queue: {
            /** @description Jobs that wait for a worker. */
            waiting: number;
            /** @description Jobs that await child jobs, deliveries, a review or an upload, and need no worker until then. */
            awaiting: number;
            /** @description Jobs that run. */
            running: number;
            /** @description The jobs of each resource class. */
            lanes: {
                /** @description The class of jobs. */
                name: string;
                /** @description Jobs that wait for a worker. */
                waiting: number;
                /** @description Jobs that await child jobs, deliveries, a review or an upload, and need no worker until then. */
                awaiting: number;
                /** @description Jobs that run. */
                running: number;
                /** @description Seconds that the oldest waiting job has waited; 0 if none is waiting. */
                oldest_seconds: number;
            }[];
            /** @description The accounts with the most jobs, at most 50. */
            accounts: {
                /**
                 * Format: uuid
                 * @description The id of the account.
                 */
                id: string;
                /** @description Its name. */
                name: string;
                /** @description Jobs that wait for a worker. */
                waiting: number;
                /** @description Jobs that await child jobs, deliveries, a review or an upload, and need no worker until then. */
                awaiting: number;
                /** @description Jobs that run. */
                running: number;
            }[];
            /** @description Waiting jobs that no active worker can run. Start a worker that supports their kind and meets their requirements. */
            stranded: {
                /** @description The kind of the jobs. */
                kind: string;
                /** @description What they require of a worker in addition to their kind. */
                needs: string[];
                /** @description Number of waiting jobs, at most 1,000. */
                jobs: number;
            }[];
        };
        /** @description Stored and free bytes. */
        StorageState: {
            /** @description Bytes of all uploads and outputs. */
            stored_bytes: number;
            /** @description Bytes that open upload URLs and running jobs may still add. */
            promised_bytes: number;
            /** @description The disk of the embedded storage; null for S3 and Google Cloud Storage, or while storage does not respond. */
            disk: {
                /** @description Free bytes above the reserve. */
                spare_bytes: number;
            } | null;
            /** @description Objects whose deletion storage has rejected at least three times. Airlock retries each at least hourly. */
            undeletable: {
                /** @description The number of objects. */
                total: number;
                /** @description The 100 objects with the most failures. */
                objects: {
                    /** @description The ID of the object. */
                    id: string;
                    /** @description The account that stored the object. */
                    account_id: string;
                    /** @description The job that created the object; null for an upload. */
                    job_id: string | null;
                    /** @description The key of the object in the bucket. */
                    key: string;
                    /** @description The size in bytes; null if it is unknown. */
                    size: number | null;
                    /** @description How often storage has rejected the deletion. */
                    failures: number;
                    /** @description Storage's error code, or the status of its response. */
                    error: string | null;
                    /**
                     * Format: date-time
                     * @description When Airlock retries the deletion.
                     */
                    next_attempt_at: string;
                }[];
            };
        };
        /** @description Entries of the audit log. */
        AuditPage: {
            /** @description Newest first. */
            entries: {
                /** @description Its number; there are no gaps. */
                seq: number;
                /**
                 * Format: date-time
                 * @description When it was written.
                 */
                at: string;
                /** @description `key:<id>`, `user:<id>`, `cli`, `system` or `anonymous`. */
                actor: string;
                /** @description What was done. */
                action: string;
                /** @description The id of what it was done to. */
                target: string | null;
                /** @description `ok`, `refused` or `failed`. */
                result: string;
                /** @description The address of the client. */
                ip: string | null;
                /** @description The `x-request-id` of the request. */
                request_id: string | null;
                /** @description Ids and numbers. */
                details: {
                    [key: string]: unknown;
                };
            }[];
            /** @description Pass it as `after` to get older entries; null if there are none. */
            next: number | null;
            /** @description The result of `verify`; null without it. */
            verification: {
                /** @description Whether the log is unchanged. */
                ok: boolean;
                /** @description Entries that were verified. */
                entries: number;
                /** @description Signed heads that were compared. */
                checkpoints: number;
                /** @description The first entry that does not match. */
                broken_at: number | null;
                /** @description What is wrong with it. */
                problem: string | null;
            } | null;
        };
        /** @description The load of the server at one moment. */
        HistoryPoint: {
            /**
             * Format: date-time
             * @description When the figures were read.
             */
            at: string;
            /** @description Jobs that waited for a worker. */
            waiting: number;
            /** @description Jobs that ran. */
            running: number;
            /** @description Jobs that all workers could run concurrently. */
            slots: number;
            /** @description Bytes of all uploads and outputs. */
            stored_bytes: number;
            /** @description Free bytes above the reserve of the disk; null if they were not known. */
            spare_bytes: number | null;
        };
        /** @description The load of the server in the last hour. */
        LoadHistory: {
            /** @description Seconds between two points. */
            interval_seconds: number;
            /** @description Oldest first, at most an hour old. */
            points: components["schemas"]["HistoryPoint"][];
        };
        /** @description A template without its request. */
        TemplateSummary: {
            /** @description The name to send as `template` in a job. */
            name: string;
            /** @description The newest version. */
            version: number;
            /** @description A description for people. */
            description: string | null;
            /** @description Whether the template comes with Airlock. Built-in templates are read-only. */
            built_in: boolean;
            /** @description When the template was created; null if it is built in. */
            created_at: string | null;
            /** @description When the newest version was saved; null if the template is built in. */
            updated_at: string | null;
        };
        /** @description A version of a template. It never changes. */
        TemplateVersion: {
            /** @description The number of the version, starting at 1. */
            version: number;
            /** @description When the version was saved; null if the template is built in. */
            created_at: string | null;
        };
        /** @description A version of a template with its request. */
        Template: {
            /** @description The name to send as `template` in a job. */
            name: string;
            /** @description The number of this version. */
            version: number;
            /** @description A description for people. */
            description: string | null;
            /** @description Whether the template comes with Airlock. Built-in templates are read-only. */
            built_in: boolean;
            /** @description When the template was created; null if it is built in. */
            created_at: string | null;
            /** @description When the newest version was saved; null if the template is built in. */
            updated_at: string | null;
            /** @description The fields that a job gets from this version. */
            request: {
                [key: string]: unknown;
            };
            /** @description All versions, newest first. */
            versions: components["schemas"]["TemplateVersion"][];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The templates of the account, and the built-in templates. */
        TemplateList: {
            /** @description Sorted by name; built-in templates come last. */
            items: components["schemas"]["TemplateSummary"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A deleted template. Airlock has deleted all of its versions. */
        RemovedTemplate: {
            /** @description The id in the path of the request. */
            id: string;
            /**
             * @description The type of the deleted resource.
             * @constant
             */
            object: "template";
            /**
             * @description Always true.
             * @constant
             */
            deleted: true;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A job created from a command string. */
        CommandJob: {
            /**
             * Format: uuid
             * @description The id of the job.
             */
            id: string;
            /**
             * Format: uuid
             * @deprecated
             * @description The same as `id`.
             */
            jobId: string;
            status: components["schemas"]["JobStatus"];
            /** @description `upload` while a `pending` job waits for the bytes of an `upload`, before it is in the queue. Otherwise null. */
            waiting_for: "upload" | null;
            /** @description What the job awaits without occupying a slot: the bytes of its `upload`, its `children`, which encode pieces of a video, or the `delivery` of its stored outputs. Otherwise null. */
            awaiting: ("upload" | "children" | "delivery") | null;
            /** @description The sources, in the order of the request. */
            inputs: components["schemas"]["Source"][];
            /** @description The outputs, in the order of the request. An output is `completed` and can be downloaded as soon as it is stored, even while the job is `processing`. If the job has one output, the list is empty until this output is completed. */
            outputs: components["schemas"]["Output"][];
            /** @description The `outputFormat` of the request. */
            output_format: string;
            /** @description A `gs://` URL, usable as the input of another job; null without an output. */
            output_url: string | null;
            /** @description Total minutes of all inputs, rounded up; null until every input has been probed. */
            billable_minutes: number | null;
            /** @description Total duration of all inputs in seconds; null until every input has been probed. */
            duration_seconds: number | null;
            /** @description The version of the template that the request used, such as `web@3`; null without one. */
            template: string | null;
            ffmpeg_options: components["schemas"]["FfmpegOptions"];
            /** @description Properties of the first input; null before it has been probed. */
            video_metadata: components["schemas"]["VideoMetadata"] | null;
            /** @description One sentence for people; null unless the job failed. */
            error_message: string | null;
            /** @description Why the job failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the job failed. */
            error_advice: string | null;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /** @description From 0 to 1. */
            progress: number;
            /** @description Media seconds encoded per second; null unless the job runs. */
            speed: number | null;
            /** @description Frames encoded per second; null unless the job runs. */
            fps: number | null;
            /** @description Estimated seconds until the job ends. */
            eta_seconds: number | null;
            /** @description The `priority` of the request. Within an account, jobs with a higher priority start first. */
            priority: number;
            /** @description Position of the job among all waiting jobs of its resource class, including jobs of other accounts. The next job to start has position 1. Null unless the job is waiting. */
            queue_position: number | null;
            /** @description Number of attempts. */
            attempts: number;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            limits: components["schemas"]["AppliedLimits"];
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed; `since` and `until` filter by this.
             */
            updated_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. Null until the job ends, because the retention starts at its end. */
            expires_at: string | null;
            /** @description What Airlock ignored or changed; empty if nothing. */
            warnings: components["schemas"]["Warning"][];
            /**
             * Format: uuid
             * @deprecated
             * @description The same as `id`.
             */
            command_id: string;
        };
        /** @description A dependency of jobs. */
        HealthCheck: {
            /** @description Whether it responds. */
            ok: boolean;
            /** @description Why it does not. */
            error?: string;
        };
        /** @description The storage. */
        StorageCheck: {
            /** @description Whether it responds. */
            ok: boolean;
            /** @description Why it does not. */
            error?: string;
            /** @description True if the storage responds but its disk has no space left above the reserve. Reads and deletions work. Requests for upload URLs and creates return 507. */
            low_space?: boolean;
        };
        /** @description The state of database, storage and workers. */
        Health: {
            /** @description Whether database and storage respond. Does not depend on the workers. */
            ok: boolean;
            /**
             * Format: date-time
             * @description When this was checked.
             */
            timestamp: string;
            /** @description Seconds since this process started. */
            uptime: number;
            /**
             * @deprecated
             * @description The database, under the name that clients of the hosted service expect.
             */
            supabase: {
                /** @description Whether the database responds. */
                ok: boolean;
                /** @description 200 or 503. */
                status: number;
                /** @description The text of that status. */
                statusText: string;
                /** @description The same as `ok`. */
                connected: boolean;
            };
            database: components["schemas"]["HealthCheck"];
            storage: components["schemas"]["StorageCheck"];
            /** @description The workers. */
            workers: {
                /** @description Workers with a recent heartbeat. */
                alive: number;
            };
            /** @description The FFmpeg that runs jobs. */
            ffmpeg: {
                /** @description Version on the newest worker; null without workers. */
                version: string | null;
            };
            /** @description How jobs are confined. */
            sandbox: {
                /** @description The weakest tier of the active workers. */
                tier: string | null;
                /** @description Present if a worker runs jobs without a sandbox. */
                warning?: string;
            };
            /** @description One sentence for people; present if `ok` is false. */
            message?: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description This process responds. */
        Live: {
            /**
             * @description Always true.
             * @constant
             */
            ok: true;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description Whether this process can accept requests. */
        Ready: {
            /** @description Whether this process can accept requests. */
            ok: boolean;
            /** @description True if no space is left above the reserve. Reads, downloads and erasures work, and erasing frees space. */
            low_space?: boolean;
            /** @description One sentence for people; present if `ok` is false. */
            message?: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description How a worker confines FFmpeg. */
        WorkerSandbox: {
            /** @description The id of the worker. */
            worker: string;
            /**
             * @description How FFmpeg is confined; `none` means not at all.
             * @enum {string}
             */
            tier: "bwrap" | "landlock" | "gvisor" | "none";
            /** @description What bounds the memory and the disk of a job. */
            bounds: {
                /**
                 * @description What bounds the memory of a job.
                 * @enum {string}
                 */
                memory: "control_group" | "address_space";
                /**
                 * @description `kernel`: a job can write nothing but its output, to the byte of its limit; `watched`: the size of the output is checked from time to time.
                 * @enum {string}
                 */
                output: "kernel" | "watched";
            };
            /**
             * @description Whether other accounts of the worker’s machine can read tags and filters on the command line of FFmpeg, as they can before FFmpeg 7.
             * @enum {string}
             */
            arguments: "hidden" | "visible";
            /** @description The last self-test; null while the first is running. */
            passed: boolean | null;
            /** @description Number of attempts in the self-test. */
            checks: number;
            /** @description Attempts of the self-test whose result is unexpected, but allowed in this tier. Examples are an attack that the tier does not guarantee to stop, and a missing /dev/urandom in the cell, which is harmless. */
            exceptions: string[];
            /** @description When the last self-test ended. */
            at: string | null;
        };
        /** @description Whether the distribution has a newer FFmpeg. */
        FfmpegUpdate: {
            /**
             * @description `newer`: the distribution has a newer package. `unknown` never means current.
             * @enum {string}
             */
            state: "current" | "newer" | "unknown";
            /** @description The version that the distribution would install. */
            candidate: string | null;
            /** @description The candidate comes from the security archive. */
            security: boolean;
            /** @description Date of the package lists used. */
            lists_from: string | null;
            /** @description Why the state is unknown. */
            reason: string | null;
        };
        /** @description A known vulnerability. */
        Advisory: {
            /** @description The CVE number. */
            cve: string;
            /** @description A short description. */
            what: string;
        };
        /** @description Known vulnerabilities of this build, according to the bundled table. */
        Advisories: {
            /**
             * Format: date
             * @description Date of the bundled table.
             */
            table: string;
            /** @description Vulnerabilities of this build. */
            open: components["schemas"]["Advisory"][];
            /** @description Vulnerabilities that this build does not have. */
            fixed: string[];
            /** @description Vulnerabilities for which this is unknown. */
            unknown: string[];
        };
        /** @description The trimmed FFmpeg that Airlock builds. */
        TrimmedFfmpeg: {
            /**
             * @description `ready`: the build passed every check. Airlock switches to it when no job runs.
             * @enum {string}
             */
            state: "in_use" | "ready" | "not_used";
            /** @description Version of the distribution’s source package from which Airlock built it. */
            source: string | null;
            /** @description When the build passed the checks. */
            checked_at: string | null;
            /** @description Number of attacks that the sandbox blocked with the build. */
            attacks: number | null;
            /** @description Number of commands with the same results as with the FFmpeg of the distribution. */
            comparisons: number | null;
            /** @description Why jobs don’t use it. `off`: a setting of the server turns it off. `operator_build`: the operator chose another FFmpeg. `not_built`: Airlock has not built it yet. `failed`: Airlock retries a day later. `rejected`: the build failed, or it differs from the FFmpeg of the distribution. */
            reason: ("off" | "operator_build" | "not_built" | "failed" | "rejected") | null;
        };
        /** @description How FFmpeg is confined, and which build runs. */
        Security: {
            /** @description One entry per active worker. */
            sandbox: components["schemas"]["WorkerSandbox"][];
            /** @description The build that new jobs use. */
            ffmpeg: {
                /** @description As FFmpeg reports it. */
                version: string | null;
                /** @description Version of the distribution’s package. */
                package: string | null;
                /** @description When new jobs began to use this build. */
                since: string | null;
                /** @description Whether there is a newer one; null when this was not checked. */
                update: components["schemas"]["FfmpegUpdate"] | null;
                /** @description Its known vulnerabilities; null if its version is unknown. */
                advisories: components["schemas"]["Advisories"] | null;
                /** @description The trimmed FFmpeg of the worker; null if this was not checked. */
                trimmed: components["schemas"]["TrimmedFfmpeg"] | null;
            };
            /** @description Seconds for which outputs are kept, unless the account or the job sets a shorter time. */
            retention_seconds: number;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The position of a problem in a request. */
        Position: {
            /** @description A JSON pointer (RFC 6901). */
            pointer: string;
            /** @description Offset in characters in the text that the pointer names; null means all of it. */
            offset: number | null;
        };
        /** @description Why a create with this body would be rejected. */
        RequestProblem: {
            position: components["schemas"]["Position"];
            /** @description The field as in other errors, such as `options[2]`. */
            field: string;
            /** @description What is rejected: an option, a filter, a filter and its option; empty for a source. */
            option: string;
            /** @description Why it is rejected. */
            message: string;
            /** @description A safe alternative. */
            suggestion: string;
        };
        /** @description What a create with this body would do. */
        ValidateAnswer: {
            /** @description Whether a create with this body would be accepted. */
            valid: boolean;
            /** @description Program and arguments as they would run; empty if the request is not valid. */
            command: string[];
            /** @description All commands. Several outputs need one command for each decode. `command` is the first. */
            commands: string[][];
            /** @description What Airlock would ignore or change. */
            warnings: components["schemas"]["Warning"][];
            /** @description Every problem; empty if the request is valid. */
            errors: components["schemas"]["RequestProblem"][];
        };
        /** @description The usage of an account in a month. */
        Usage: {
            /** @description The month, in UTC. */
            period: string;
            /** @description What the account may use. */
            quota: {
                /** @description Minutes of input in a month; null: no quota. */
                minutes: number | null;
                /** @description Bytes of uploads and outputs. */
                stored_bytes: number;
            };
            /** @description What the account has used. */
            usage: {
                /** @description Jobs that completed in the month. */
                jobs: number;
                /** @description Minutes of their inputs. */
                minutes: number;
                /** @description Bytes of uploads and outputs now, including bytes reserved for unconfirmed upload URLs. */
                stored_bytes: number;
                /** @description Days with jobs, in order. */
                by_day: {
                    /** @description The day, in UTC. */
                    day: string;
                    /** @description Jobs that completed. */
                    jobs: number;
                    /** @description Minutes of their inputs. */
                    minutes: number;
                }[];
            };
            /** @description What remains. */
            remaining: {
                /** @description Minutes that remain in the month; null: no quota. */
                minutes: number | null;
                /** @description Bytes that may still be stored. */
                stored_bytes: number;
            };
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A transcription in a list. */
        TranscriptionItem: {
            /**
             * Format: uuid
             * @description The id of the job.
             */
            id: string;
            status: components["schemas"]["JobStatus"];
            /** @description As it was sent, without its query; null once the job has been erased. */
            media_url: string | null;
            /** @description The code of the language from the request, or of the detected language. Null until the language is known, and for media without speech. */
            language: string | null;
            /** @description The `task` of the request; null once the job has been erased. */
            task: ("transcribe" | "translate") | null;
            /**
             * @description The format of the first output.
             * @enum {string}
             */
            output_format: "srt" | "vtt" | "json";
            /** @description A `gs://` URL of the first output; null without an output. */
            output_url: string | null;
            /** @description The outputs. If the job has one output, the list is empty until the job is completed. */
            outputs: components["schemas"]["Output"][];
            /** @description Duration of the media in seconds; null until the job is completed. */
            duration_seconds: number | null;
            /** @description From 0 to 1. */
            progress: number;
            /** @description Estimated seconds until the job ends. */
            eta_seconds: number | null;
            /** @description Number of attempts. */
            attempts: number;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            /** @description The `priority` of the request. Within an account, jobs with a higher priority start first. */
            priority: number;
            /** @description One sentence for people; null unless the job failed. */
            error_message: string | null;
            /** @description Why the job failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the job failed. */
            error_advice: string | null;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed; `since` and `until` filter by this.
             */
            updated_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. */
            expires_at: string | null;
            /** @description What Airlock ignored or changed; empty if nothing. */
            warnings: components["schemas"]["Warning"][];
        };
        /** @description A transcription and its result. */
        Transcription: components["schemas"]["TranscriptionItem"];
        /** @description A page of jobs. */
        JobList: {
            /** @description Newest first. */
            items: components["schemas"]["JobListItem"][];
            /** @description This page. */
            page: number;
            /** @description Number of jobs per page. */
            limit: number;
            /** @description Number of jobs on all pages. */
            total: number;
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A job that has been canceled. */
        CancelAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            /**
             * @description Always this text.
             * @constant
             */
            message: "Job cancelled successfully";
            job: components["schemas"]["Job"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A page of jobs. */
        BlueprintRunJobList: {
            /** @description Newest first. */
            items: components["schemas"]["BlueprintRunItem"][];
            /** @description This page. */
            page: number;
            /** @description Number of jobs per page. */
            limit: number;
            /** @description Number of jobs on all pages. */
            total: number;
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A job that has been canceled. */
        BlueprintRunCancelAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            /**
             * @description Always this text.
             * @constant
             */
            message: "Job cancelled successfully";
            job: components["schemas"]["BlueprintRun"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A page of jobs. */
        TranscriptionJobList: {
            /** @description Newest first. */
            items: components["schemas"]["TranscriptionItem"][];
            /** @description This page. */
            page: number;
            /** @description Number of jobs per page. */
            limit: number;
            /** @description Number of jobs on all pages. */
            total: number;
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A job that has been canceled. */
        TranscriptionCancelAnswer: {
            /**
             * @description Always true.
             * @constant
             */
            success: true;
            /**
             * @description Always this text.
             * @constant
             */
            message: "Job cancelled successfully";
            job: components["schemas"]["Transcription"];
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A job in the list of all kinds. */
        TranscodeOfAll: {
            /**
             * Format: uuid
             * @description The id of the job.
             */
            id: string;
            /**
             * Format: uuid
             * @deprecated
             * @description The same as `id`.
             */
            jobId: string;
            status: components["schemas"]["JobStatus"];
            /** @description `upload` while a `pending` job waits for the bytes of an `upload`, before it is in the queue. Otherwise null. */
            waiting_for: "upload" | null;
            /** @description What the job awaits without occupying a slot: the bytes of its `upload`, its `children`, which encode pieces of a video, or the `delivery` of its stored outputs. Otherwise null. */
            awaiting: ("upload" | "children" | "delivery") | null;
            /** @description The sources, in the order of the request. */
            inputs: components["schemas"]["Source"][];
            /** @description The outputs, in the order of the request. An output is `completed` and can be downloaded as soon as it is stored, even while the job is `processing`. If the job has one output, the list is empty until this output is completed. */
            outputs: components["schemas"]["Output"][];
            /** @description The `outputFormat` of the request. */
            output_format: string;
            /** @description A `gs://` URL, usable as the input of another job; null without an output. */
            output_url: string | null;
            /** @description Total minutes of all inputs, rounded up; null until every input has been probed. */
            billable_minutes: number | null;
            /** @description Total duration of all inputs in seconds; null until every input has been probed. */
            duration_seconds: number | null;
            /** @description The version of the template that the request used, such as `web@3`; null without one. */
            template: string | null;
            ffmpeg_options: components["schemas"]["FfmpegOptions"];
            /** @description Properties of the first input; null before it has been probed. */
            video_metadata: components["schemas"]["VideoMetadata"] | null;
            /** @description One sentence for people; null unless the job failed. */
            error_message: string | null;
            /** @description Why the job failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the job failed. */
            error_advice: string | null;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /** @description From 0 to 1. */
            progress: number;
            /** @description Media seconds encoded per second; null unless the job runs. */
            speed: number | null;
            /** @description Frames encoded per second; null unless the job runs. */
            fps: number | null;
            /** @description Estimated seconds until the job ends. */
            eta_seconds: number | null;
            /** @description The `priority` of the request. Within an account, jobs with a higher priority start first. */
            priority: number;
            /** @description Position of the job among all waiting jobs of its resource class, including jobs of other accounts. The next job to start has position 1. Null unless the job is waiting. */
            queue_position: number | null;
            /** @description Number of attempts. */
            attempts: number;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            limits: components["schemas"]["AppliedLimits"];
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed; `since` and `until` filter by this.
             */
            updated_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. Null until the job ends, because the retention starts at its end. */
            expires_at: string | null;
            /** @description What Airlock ignored or changed; empty if nothing. */
            warnings: components["schemas"]["Warning"][];
            /** @description True if the texts of this job did not fit on the page. The list then omits its metadata, warnings, error message and input URLs. Read the job to get them. */
            shortened: boolean;
            /**
             * @description The kind of the job.
             * @constant
             */
            kind: "transcode";
        };
        /** @description A job in the list of all kinds. */
        BlueprintRunOfAll: {
            /**
             * Format: uuid
             * @description The id of the run.
             */
            id: string;
            /** @description The slug of its blueprint. */
            blueprint: string;
            /**
             * @description State of the run. `completed`, `failed` and `canceled` are final. An `awaiting_review` run waits until you continue it.
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "failed" | "canceled" | "awaiting_review";
            /**
             * @description The current step, or the last step of a run that has ended. `probe` reads the inputs, `transcribe` transcribes the speech, `review` waits for reviewed subtitles, and `render` makes the outputs.
             * @enum {string}
             */
            step: "queued" | "probe" | "transcribe" | "review" | "render" | "done";
            /** @description The files of the run, in the order of the inputs of its blueprint. */
            inputs: components["schemas"]["BlueprintRunMedia"][];
            /** @description One sentence for people; null unless the run failed. */
            error_message: string | null;
            /** @description Why the run failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the run failed. */
            error_advice: string | null;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_charged: 0;
            /**
             * @description Always 0: Airlock charges no tokens.
             * @constant
             */
            tokens_spent: 0;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /**
             * Format: date-time
             * @description When Airlock accepted the run.
             */
            created_at: string;
            /** @description When the run became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. */
            expires_at: string | null;
            /**
             * @description The kind of the job.
             * @constant
             */
            kind: "blueprint";
        };
        /** @description A job in the list of all kinds. */
        TranscriptionOfAll: {
            /**
             * Format: uuid
             * @description The id of the job.
             */
            id: string;
            status: components["schemas"]["JobStatus"];
            /** @description As it was sent, without its query; null once the job has been erased. */
            media_url: string | null;
            /** @description The code of the language from the request, or of the detected language. Null until the language is known, and for media without speech. */
            language: string | null;
            /** @description The `task` of the request; null once the job has been erased. */
            task: ("transcribe" | "translate") | null;
            /**
             * @description The format of the first output.
             * @enum {string}
             */
            output_format: "srt" | "vtt" | "json";
            /** @description A `gs://` URL of the first output; null without an output. */
            output_url: string | null;
            /** @description The outputs. If the job has one output, the list is empty until the job is completed. */
            outputs: components["schemas"]["Output"][];
            /** @description Duration of the media in seconds; null until the job is completed. */
            duration_seconds: number | null;
            /** @description From 0 to 1. */
            progress: number;
            /** @description Estimated seconds until the job ends. */
            eta_seconds: number | null;
            /** @description Number of attempts. */
            attempts: number;
            /** @description The next attempt of a `pending` job whose last attempt failed. Otherwise null. */
            retry: components["schemas"]["Retry"] | null;
            /** @description The `priority` of the request. Within an account, jobs with a higher priority start first. */
            priority: number;
            /** @description One sentence for people; null unless the job failed. */
            error_message: string | null;
            /** @description Why the job failed, for programs; null unless it failed. */
            error_code: components["schemas"]["FailureCode"] | null;
            /** @description How to fix it; null unless the job failed. */
            error_advice: string | null;
            /** @description Your own data. */
            metadata: {
                /** @description The `metadata` of the request. */
                user: {
                    [key: string]: unknown;
                } | null;
            };
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed; `since` and `until` filter by this.
             */
            updated_at: string;
            /** @description When its attempt began. */
            started_at: string | null;
            /** @description When it became final. */
            completed_at: string | null;
            /** @description When its outputs are deleted. */
            expires_at: string | null;
            /** @description What Airlock ignored or changed; empty if nothing. */
            warnings: components["schemas"]["Warning"][];
            /**
             * @description The kind of the job.
             * @constant
             */
            kind: "transcribe";
        };
        /** @description A page of jobs of every kind. */
        AllJobsList: {
            /** @description Newest first. */
            items: (components["schemas"]["TranscodeOfAll"] | components["schemas"]["BlueprintRunOfAll"] | components["schemas"]["TranscriptionOfAll"])[];
            /** @description Number of jobs on all pages. */
            total: number;
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description Something that happened to a job, a batch, an upload, a token, a key or a webhook. */
        Event: {
            /** @description Identifies the event. Pass it as `after` to get the events that followed. */
            id: string;
            /**
             * @description What happened.
             * @enum {string}
             */
            type: "transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test";
            /**
             * Format: date-time
             * @description When it happened.
             */
            created_at: string;
            /** @description `job_id`, `batch_id`, `upload_id`, `upload_token_id`, `key_id` or `webhook_id`, and fields that depend on the type, such as `attempt`, `error_code` or `reason`. If the job has ended, `job` contains it in the same form as in lists. */
            data: {
                [key: string]: unknown;
            };
        };
        /** @description A page of events. */
        EventPage: {
            /** @description Oldest first. */
            events: components["schemas"]["Event"][];
            /** @description The cursor after the last event; null if there is none yet. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A URL that receives events, without its secret. */
        Webhook: {
            /**
             * Format: uuid
             * @description The id of the webhook.
             */
            id: string;
            /** @description The URL to which Airlock sends events. */
            url: string;
            /** @description Types of events to send; all if null. */
            types: ("transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test")[] | null;
            /** @description For people. */
            description: string | null;
            /** @description Whether Airlock sends events. */
            enabled: boolean;
            /** @description When it was disabled. */
            disabled_at: string | null;
            /** @description `gone`: it returned 410. `failing`: every delivery failed for three days. `paused`: you paused it. `revoked`: the OAuth token that created or changed it was revoked. */
            disabled_reason: ("gone" | "failing" | "paused" | "revoked") | null;
            /** @description First failure after the last success. */
            failing_since: string | null;
            /** @description Airlock sends nothing before this time, because the receiver did not respond in time. */
            backs_off_until: string | null;
            /** @description When the replaced secret stops signing. */
            old_secret_until: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
        };
        /** @description A webhook after a change. */
        ChangedWebhook: {
            /**
             * Format: uuid
             * @description The id of the webhook.
             */
            id: string;
            /** @description The URL to which Airlock sends events. */
            url: string;
            /** @description Types of events to send; all if null. */
            types: ("transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test")[] | null;
            /** @description For people. */
            description: string | null;
            /** @description Whether Airlock sends events. */
            enabled: boolean;
            /** @description When it was disabled. */
            disabled_at: string | null;
            /** @description `gone`: it returned 410. `failing`: every delivery failed for three days. `paused`: you paused it. `revoked`: the OAuth token that created or changed it was revoked. */
            disabled_reason: ("gone" | "failing" | "paused" | "revoked") | null;
            /** @description First failure after the last success. */
            failing_since: string | null;
            /** @description Airlock sends nothing before this time, because the receiver did not respond in time. */
            backs_off_until: string | null;
            /** @description When the replaced secret stops signing. */
            old_secret_until: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A webhook with its secret. */
        NewWebhook: {
            /**
             * Format: uuid
             * @description The id of the webhook.
             */
            id: string;
            /** @description The URL to which Airlock sends events. */
            url: string;
            /** @description Types of events to send; all if null. */
            types: ("transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test")[] | null;
            /** @description For people. */
            description: string | null;
            /** @description Whether Airlock sends events. */
            enabled: boolean;
            /** @description When it was disabled. */
            disabled_at: string | null;
            /** @description `gone`: it returned 410. `failing`: every delivery failed for three days. `paused`: you paused it. `revoked`: the OAuth token that created or changed it was revoked. */
            disabled_reason: ("gone" | "failing" | "paused" | "revoked") | null;
            /** @description First failure after the last success. */
            failing_since: string | null;
            /** @description Airlock sends nothing before this time, because the receiver did not respond in time. */
            backs_off_until: string | null;
            /** @description When the replaced secret stops signing. */
            old_secret_until: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
            /** @description Signs every delivery. Shown once: null when an Idempotency-Key repeats the request. */
            secret: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description The webhooks of the account. */
        WebhookList: {
            /** @description Newest first. */
            items: components["schemas"]["Webhook"][];
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description An event to send to one URL. */
        Delivery: {
            /**
             * Format: uuid
             * @description The id of the delivery. The header `webhook-id` is `msg_` followed by this id.
             */
            id: string;
            /** @description The webhook; null if Airlock sends it to the `webhook_url` of a job. */
            webhook_id: string | null;
            /**
             * @description The type of the event.
             * @enum {string}
             */
            type: "transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test";
            /** @description The job that the event is about. */
            job_id: string | null;
            /**
             * @description `failed`: Airlock does not send it again.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description Number of attempts. */
            attempts: number;
            /** @description When Airlock sends it next; null if it is delivered or failed. */
            next_attempt_at: string | null;
            /** @description HTTP status of the last response. */
            response_status: number | null;
            /** @description Why the last attempt failed. */
            error: ("http_status" | "redirect" | "timeout" | "unreachable" | "address_refused" | "invalid_answer" | "webhook_disabled" | "job_erased") | null;
            /**
             * Format: date-time
             * @description When the event happened.
             */
            created_at: string;
            /** @description When it was last sent. */
            attempted_at: string | null;
        };
        /** @description A page of deliveries. */
        DeliveryList: {
            /** @description Newest first. */
            items: components["schemas"]["Delivery"][];
            /** @description The page. */
            page: number;
            /** @description Number of deliveries per page. */
            limit: number;
            /** @description Number of deliveries on all pages. */
            total: number;
            /** @description Pass it as `after` to get the next page; null on the last page. Reading a list this way repeats and skips no items. */
            next: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A delivery that is queued. */
        DeliveryAnswer: {
            /**
             * Format: uuid
             * @description The id of the delivery. The header `webhook-id` is `msg_` followed by this id.
             */
            id: string;
            /** @description The webhook; null if Airlock sends it to the `webhook_url` of a job. */
            webhook_id: string | null;
            /**
             * @description The type of the event.
             * @enum {string}
             */
            type: "transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test";
            /** @description The job that the event is about. */
            job_id: string | null;
            /**
             * @description `failed`: Airlock does not send it again.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description Number of attempts. */
            attempts: number;
            /** @description When Airlock sends it next; null if it is delivered or failed. */
            next_attempt_at: string | null;
            /** @description HTTP status of the last response. */
            response_status: number | null;
            /** @description Why the last attempt failed. */
            error: ("http_status" | "redirect" | "timeout" | "unreachable" | "address_refused" | "invalid_answer" | "webhook_disabled" | "job_erased") | null;
            /**
             * Format: date-time
             * @description When the event happened.
             */
            created_at: string;
            /** @description When it was last sent. */
            attempted_at: string | null;
            /** @description Unknown fields and query parameters; absent when there are none. */
            warnings?: components["schemas"]["Warning"][];
        };
        /** @description A connection to create. */
        CreateConnectionRequest: {
            /** @description Unique in the account. Jobs name the connection by it. */
            name: string;
            /** @description URL of the store, such as `https://minio.example.com`. Defaults to Amazon S3 in the region. */
            endpoint?: string | null;
            /** @description Region of the bucket, such as `eu-central-1`. Stores without regions accept `us-east-1` or `auto`. */
            region: string;
            /** @description The bucket. Jobs that use the connection can use no other bucket. */
            bucket: string;
            /** @description Id of an access key that may read, write and delete objects of the bucket. */
            access_key_id: string;
            /** @description Secret of the access key. Airlock stores it encrypted and never returns it. */
            secret_access_key: string;
            /** @description A folder of the bucket. Jobs can use no keys outside of it. Defaults to the entire bucket. */
            prefix?: string | null;
            /** @description Whether jobs can read sources from the bucket (`read`), deliver outputs to it (`write`), or both (`read_write`, the default). */
            mode?: ("read_write" | "read" | "write") | null;
        };
        /** @description What a web page may upload. */
        UploadTokenRequest: {
            /** @description Maximum size of each file in bytes. */
            max_bytes: number;
            /** @description Content types that the token accepts. Defaults to all. */
            content_types?: ("video/mp4" | "video/webm" | "video/quicktime" | "video/x-msvideo" | "video/x-matroska" | "video/mkv" | "video/avi" | "video/mpeg" | "video/mp2t" | "video/x-flv" | "video/3gpp" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/wav" | "audio/x-wav" | "audio/ogg" | "audio/opus" | "audio/flac" | "audio/webm" | "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/avif" | "image/heic" | "image/heif" | "application/x-subrip" | "text/vtt" | "text/x-ass" | "video/x-m4v" | "video/matroska" | "video/vnd.avi" | "video/vnd.dlna.mpeg-tts" | "video/3gpp2" | "video/ogg" | "audio/x-m4a" | "audio/vnd.dlna.adts" | "audio/vnd.wave" | "audio/x-flac" | "text/x-ssa")[] | null;
            /** @description Number of uploads that the token can begin. Defaults to 10. Every upload that has begun counts, even if it is aborted or rejected. */
            max_files?: number | null;
            /** @description Seconds until the token expires. Defaults to 3600. The page must confirm its uploads before that. */
            expires_in?: number | null;
            /** @description Origin of the page that uses the token, such as `https://app.example.com`. Airlock rejects requests from other origins and requests without an origin. If absent, the token works from every origin. */
            origin?: string | null;
        };
        /** @description A key to create. */
        CreateKeyRequest: {
            /** @description For people. */
            name: string;
            /** @description Scopes of the key. If absent, all scopes of the calling key except `operator`. */
            scopes?: ("transcode" | "upload" | "read" | "admin" | "operator")[] | null;
            /** @description When it expires. If absent, when the calling key expires. */
            expires_at?: string | null;
            /** @description Addresses from which it works. If absent, the addresses of the calling key. */
            allowed_cidrs?: (string)[] | null;
        };
        /** @description How to replace a key. */
        RotateKeyRequest: {
            /** @description Seconds for which the old key still works. Defaults to 0: the old key stops immediately. */
            overlap_seconds?: number | null;
        };
        /** @description Who signs in. */
        SignInRequest: {
            /** @description The email address. */
            email: string;
            /** @description The password. */
            password: string;
        };
        /** @description A first or new password. */
        SetupRequest: {
            /** @description The part of the link after `#`. */
            token: string;
            /** @description The email address, if the link has none. */
            email?: string | null;
            /** @description At least 12 characters, of any kind. */
            password: string;
        };
        /** @description A file to upload. */
        PresignRequest: {
            /** @description The name of the file, for people. */
            filename: string;
            /**
             * @description The type of the file. If it is empty, as browsers send it for unknown types, Airlock uses the extension of `filename`.
             * @enum {string}
             */
            content_type: "video/mp4" | "video/webm" | "video/quicktime" | "video/x-msvideo" | "video/x-matroska" | "video/mkv" | "video/avi" | "video/mpeg" | "video/mp2t" | "video/x-flv" | "video/3gpp" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/wav" | "audio/x-wav" | "audio/ogg" | "audio/opus" | "audio/flac" | "audio/webm" | "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/avif" | "image/heic" | "image/heif" | "application/x-subrip" | "text/vtt" | "text/x-ass" | "video/x-m4v" | "video/matroska" | "video/vnd.avi" | "video/vnd.dlna.mpeg-tts" | "video/3gpp2" | "video/ogg" | "audio/x-m4a" | "audio/vnd.dlna.adts" | "audio/vnd.wave" | "audio/x-flac" | "text/x-ssa" | "";
            /** @description The exact size of the file in bytes. */
            file_size: number;
        };
        /** @description A part that has been sent. */
        SentPart: {
            /** @description The number of the part. Clients of S3 can send it as `PartNumber`. */
            part_number: number | null;
            /** @description The `ETag` that its PUT returned. Clients of S3 can send it as `ETag`. */
            etag: string | null;
        };
        /** @description An upload that has been sent. */
        ConfirmRequest: {
            /** @description The `filename` that the presign returned. */
            filename: string;
            /** @description The number of bytes sent. */
            file_size: number;
            /** @description The `upload_id` of an upload in parts. */
            upload_id?: string | null;
            /** @description Every part of an upload in parts, in ascending order. If absent, Airlock uses every part it has received. */
            parts?: components["schemas"]["SentPart"][] | null;
        };
        /** @description One picture of a video. The output format is `jpg`, `png` or `webp`. */
        Still: {
            /** @description Seconds from the start, a share of the duration such as `"50%"`, or `"best"`. `"best"`, the default, compares several pictures by exposure, contrast and sharpness. If the time is after the end of the video, the still is its last picture, and the job gets a warning. */
            at?: (number | string) | null;
            /** @description Width in pixels. Airlock keeps the aspect ratio and never scales up. Defaults to the width of the video. */
            width?: number | null;
        };
        /** @description A short silent clip of several parts of a video. The output format is `gif`, `webp` or `mp4`. */
        Preview: {
            /** @description Duration of the preview in seconds. */
            seconds: number;
            /** @description Number of points of the video from which the preview takes a part. All parts have the same duration. Defaults to 4, or to fewer if a part would be shorter than half a second. */
            segments?: number | null;
            /** @description Width in pixels. Airlock keeps the aspect ratio and never scales up. Defaults to 480. */
            width?: number | null;
        };
        /** @description A drawing of the loudness of the audio. The output format is `png`. */
        Waveform: {
            /** @description Width in pixels. */
            width: number;
            /** @description Height in pixels. */
            height: number;
            /** @description Color of the waveform: `#` and six hexadecimal digits. Defaults to `#3366cc`. The background is transparent. */
            color?: string | null;
        };
        /** @description A file to describe. */
        ProbeRequest: {
            /** @description A `gs://` URL of this account, or a public `https://` or `http://` URL. Airlock reads only parts of a large file at a URL. */
            url: string;
        };
        /** @description A place in the bucket of a connection. */
        S3Destination: {
            /** @description A connection of the account. */
            connection: string;
            /** @description The bucket of the connection; every other bucket is rejected. */
            bucket?: string | null;
            /** @description Folder in the bucket, such as `videos/2026`. Defaults to the prefix of the connection, or to the root of the bucket. */
            prefix?: string | null;
        };
        /** @description Where Airlock delivers a copy of the output: a presigned URL, or a place in the bucket of a connection. */
        Destination: {
            /** @description A presigned URL, to which Airlock sends the output with PUT. For outputs of one file. */
            url?: string | null;
            /** @description Headers of the PUT, such as the headers that the URL signs. Only with `url`. */
            headers?: {
                [key: string]: string;
            } | null;
            /** @description A place in the bucket of a connection. */
            s3?: components["schemas"]["S3Destination"] | null;
        };
        /** @description The outputs to deliver again, and where. */
        RedeliverRequest: {
            /** @description Name of an output of the job. Defaults to every output whose delivery failed. If no delivery failed, defaults to the only output. */
            output?: string | null;
            /** @description Where to deliver the copy instead. Required if the output had no destination or a presigned URL, because Airlock does not keep presigned URLs. */
            destination?: components["schemas"]["Destination"] | null;
        };
        /** @description The quality that an output must reach in as few bytes as possible. */
        Target: {
            /**
             * @description `ssim`, or `xpsnr` in decibels.
             * @enum {string}
             */
            metric: "ssim" | "xpsnr";
            /** @description The mean over all frames that the output must reach, such as 0.98 for `ssim`. */
            at_least: number;
        };
        /** @description Quality and size by name. Quality and resolution are ignored if the request has `options`. */
        Preset: {
            /** @description Defaults to `medium`. */
            quality?: ("high" | "medium" | "low") | null;
            /** @description The short side of the frame. Airlock never scales up. */
            resolution?: ("480p" | "720p" | "1080p" | "4k") | null;
            /** @description The quality that the output must reach. Airlock searches for the smallest file on samples of the source, instead of a fixed quality, and verifies the result. If it cannot be reached, the job still completes, with a warning. */
            target?: components["schemas"]["Target"] | null;
        };
        /** @description A part of the `-filter_complex`. */
        Filter: {
            /** @description A filter graph in the syntax of FFmpeg. */
            filter: string;
        };
        /** @description A rendition of a ladder. */
        Rung: {
            /** @description The short side of the frame in pixels: the height of a landscape video, the width of a portrait video. */
            height: number;
            /** @description Average bit rate of the video: bits per second, or a string such as `2800k`. By default, the encoder aims at a constant quality, up to a maximum bit rate that depends on the height. */
            bitrate?: (number | string) | null;
            /** @description Defaults to `h264`. */
            codec?: ("h264" | "hevc" | "av1" | "vp9") | null;
        };
        /** @description One of several outputs of a job. */
        OutputRequest: {
            /** @description Name of the output in the job and in downloads. Defaults to its format. A second `mp4` gets the name `mp4-2`. */
            name?: string | null;
            /**
             * @description The format of this output. `srt` and `vtt` are captions of the speech in the first output with sound.
             * @enum {string}
             */
            output_format: "mp4" | "webm" | "mov" | "avi" | "mkv" | "mp3" | "m4a" | "aac" | "wav" | "ogg" | "opus" | "flac" | "jpg" | "png" | "gif" | "webp" | "thumbnails" | "sprite" | "hls" | "dash" | "cmaf" | "srt" | "vtt";
            /** @description Quality and size by name. Ignored if the request has `options`. */
            preset?: components["schemas"]["Preset"] | null;
            /** @description FFmpeg options for the output, in order. */
            options?: components["schemas"]["Option"][] | null;
            /** @description Joined with `;` into one `-filter_complex`. */
            filters?: components["schemas"]["Filter"][] | null;
            /** @description Makes the output one picture of the video. */
            still?: components["schemas"]["Still"] | null;
            /** @description Makes the output a short silent clip of several parts of the video. */
            preview?: components["schemas"]["Preview"] | null;
            /** @description Makes the output a drawing of the loudness of the audio. */
            waveform?: components["schemas"]["Waveform"] | null;
            /** @description Seconds between the pictures of `thumbnails` or a `sprite`. If the output would have more than 2,000 pictures, Airlock raises the value, and the job gets a warning. */
            every_seconds?: number | null;
            /** @description Number of pictures of `thumbnails`. Send either `count` or `every_seconds`. */
            count?: number | null;
            /** @description Width in pixels of each picture of `thumbnails` or a `sprite`. Defaults to 320 for `thumbnails` and 160 for a `sprite`. Airlock never scales up. */
            width?: number | null;
            /** @description Pictures in a row of a `sprite`. Defaults to 10. Airlock uses fewer if a sheet would be wider than 8192 pixels. */
            columns?: number | null;
            /** @description The renditions of a streaming format. `auto`, the default, chooses them by the size of the source, and by samples of it: an easy source gets fewer and smaller renditions. Airlock never scales up. */
            ladder?: ("auto" | components["schemas"]["Rung"][]) | null;
            /** @description URL of SRT or WebVTT subtitles for a streaming format: an `https://` URL, or the `fileUrl` of an upload. The value `transcribe` adds subtitles of the speech, if the server has a speech model. */
            subtitles?: string | null;
            /** @description Duration of each segment of a streaming format in seconds. Defaults to 4. */
            segment_seconds?: number | null;
            /** @description Encrypts the segments of an `hls` output with a new key. */
            encryption?: "aes-128" | null;
            /** @description The quality that the output must reach. Airlock searches for the smallest file on samples of the source, instead of a fixed quality, and verifies the result. If it cannot be reached, the job still completes, with a warning. */
            target?: components["schemas"]["Target"] | null;
            /** @description Highest bit rate of the video of an output with a `target`: a number of bits per second, or a string such as `2800k`. */
            max_bitrate?: (number | string) | null;
            /** @description Compares the finished video with its source, scaled to the size of the output, by these metrics. For a ladder, Airlock compares the largest rendition. */
            measure?: ("ssim" | "xpsnr" | "psnr")[] | null;
            /** @description Bit rate of the video, or of the audio if the output is an audio format: a number of bits per second, or a string such as `2800k`. */
            bitrate?: (number | string) | null;
            /** @description Also delivers a copy of this output there. Replaces the `destination` of the job for this output. */
            destination?: components["schemas"]["Destination"] | null;
        };
        /** @description A file to upload in parts. */
        MultipartRequest: {
            /** @description The name of the file, for people. */
            filename: string;
            /**
             * @description The type of the file. If it is empty, as browsers send it for unknown types, Airlock uses the extension of `filename`.
             * @enum {string}
             */
            content_type: "video/mp4" | "video/webm" | "video/quicktime" | "video/x-msvideo" | "video/x-matroska" | "video/mkv" | "video/avi" | "video/mpeg" | "video/mp2t" | "video/x-flv" | "video/3gpp" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/wav" | "audio/x-wav" | "audio/ogg" | "audio/opus" | "audio/flac" | "audio/webm" | "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/avif" | "image/heic" | "image/heif" | "application/x-subrip" | "text/vtt" | "text/x-ass" | "video/x-m4v" | "video/matroska" | "video/vnd.avi" | "video/vnd.dlna.mpeg-tts" | "video/3gpp2" | "video/ogg" | "audio/x-m4a" | "audio/vnd.dlna.adts" | "audio/vnd.wave" | "audio/x-flac" | "text/x-ssa" | "";
            /** @description The exact number of bytes of all parts. */
            file_size: number;
            /** @description Bytes of every part but the last. If absent, Airlock chooses at least 8 MiB. */
            part_size?: number | null;
        };
        /** @description Parts to send. */
        PartUrlsRequest: {
            /** @description The parts for which to sign URLs. */
            part_numbers: number[];
        };
        /** @description A file that you upload after the request. */
        NewUpload: {
            /** @description The name of the file, for people. */
            filename: string;
            /**
             * @description The type of the file. If it is empty, as browsers send it for unknown types, Airlock uses the extension of `filename`.
             * @enum {string}
             */
            content_type: "video/mp4" | "video/webm" | "video/quicktime" | "video/x-msvideo" | "video/x-matroska" | "video/mkv" | "video/avi" | "video/mpeg" | "video/mp2t" | "video/x-flv" | "video/3gpp" | "audio/mpeg" | "audio/mp4" | "audio/aac" | "audio/wav" | "audio/x-wav" | "audio/ogg" | "audio/opus" | "audio/flac" | "audio/webm" | "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/avif" | "image/heic" | "image/heif" | "application/x-subrip" | "text/vtt" | "text/x-ass" | "video/x-m4v" | "video/matroska" | "video/vnd.avi" | "video/vnd.dlna.mpeg-tts" | "video/3gpp2" | "video/ogg" | "audio/x-m4a" | "audio/vnd.dlna.adts" | "audio/vnd.wave" | "audio/x-flac" | "text/x-ssa" | "";
            /** @description The exact size of the file in bytes. */
            file_size: number;
            /** @description Bytes of every part but the last, for a file above 64 MiB. If absent, Airlock chooses 5 MiB if the job can start before the upload is complete, and otherwise at least 8 MiB. */
            part_size?: number | null;
        };
        /** @description A source of a job. */
        InputRequest: {
            /** @description A `gs://` URL of this account, a public `https://` or `http://` URL, or a small picture as `data:`. Required without `upload`. */
            url?: string | null;
            /** @description A file that you upload after this request, instead of `url`. The response contains the URLs to which you send the bytes. The job starts when they have arrived. */
            upload?: components["schemas"]["NewUpload"] | null;
            /** @description Options placed before the `-i` of this input. */
            options?: components["schemas"]["Option"][] | null;
        };
        /** @description Limits of the job; they can only lower the limits of account and server. */
        JobLimits: {
            /** @description Memory of the cell, in MB of 1,048,576 bytes, at least 64. */
            memory_mb?: number | null;
            /** @description Processor seconds of the cell, at least 1. */
            cpu_seconds?: number | null;
            /** @description Time limit of the cell in seconds, at least 1. */
            wall_seconds?: number | null;
            /** @description Size of the output, in MB of 1,048,576 bytes, at least 1. */
            output_mb?: number | null;
        };
        /** @description When the old secret expires. */
        RotateSecretRequest: {
            /** @description Seconds for which the old secret also signs; 0 if absent. */
            overlap_seconds?: number | null;
        };
        /** @description A job to create. */
        TranscodeRequest: {
            /** @description Airlock joins several inputs one after the other, unless the request has `options` or `filters`. */
            inputs: components["schemas"]["InputRequest"][];
            /** @description A template, such as `airlock/web`, or one version of it, such as `web@3`. Fields that the request omits come from the template. */
            template?: string | null;
            /** @description The format of the only output; required without `outputs` and `template`. */
            output_format?: ("mp4" | "webm" | "mov" | "avi" | "mkv" | "mp3" | "m4a" | "aac" | "wav" | "ogg" | "opus" | "flac" | "jpg" | "png" | "gif" | "webp" | "thumbnails" | "sprite" | "hls" | "dash" | "cmaf") | null;
            /** @description Quality and size by name. Ignored if the request has `options`. */
            preset?: components["schemas"]["Preset"] | null;
            /** @description FFmpeg options for the output, in order. */
            options?: components["schemas"]["Option"][] | null;
            /** @description Joined with `;` into one `-filter_complex`. */
            filters?: components["schemas"]["Filter"][] | null;
            /** @description Makes the output one picture of the video. */
            still?: components["schemas"]["Still"] | null;
            /** @description Makes the output a short silent clip of several parts of the video. */
            preview?: components["schemas"]["Preview"] | null;
            /** @description Makes the output a drawing of the loudness of the audio. */
            waveform?: components["schemas"]["Waveform"] | null;
            /** @description Seconds between the pictures of `thumbnails` or a `sprite`. If the output would have more than 2,000 pictures, Airlock raises the value, and the job gets a warning. */
            every_seconds?: number | null;
            /** @description Number of pictures of `thumbnails`. Send either `count` or `every_seconds`. */
            count?: number | null;
            /** @description Width in pixels of each picture of `thumbnails` or a `sprite`. Defaults to 320 for `thumbnails` and 160 for a `sprite`. Airlock never scales up. */
            width?: number | null;
            /** @description Pictures in a row of a `sprite`. Defaults to 10. Airlock uses fewer if a sheet would be wider than 8192 pixels. */
            columns?: number | null;
            /** @description The renditions of a streaming format. `auto`, the default, chooses them by the size of the source, and by samples of it: an easy source gets fewer and smaller renditions. Airlock never scales up. */
            ladder?: ("auto" | components["schemas"]["Rung"][]) | null;
            /** @description URL of SRT or WebVTT subtitles for a streaming format: an `https://` URL, or the `fileUrl` of an upload. The value `transcribe` adds subtitles of the speech, if the server has a speech model. */
            subtitles?: string | null;
            /** @description Duration of each segment of a streaming format in seconds. Defaults to 4. */
            segment_seconds?: number | null;
            /** @description Encrypts the segments of an `hls` output with a new key. */
            encryption?: "aes-128" | null;
            /** @description The quality that the output must reach. Airlock searches for the smallest file on samples of the source, instead of a fixed quality, and verifies the result. If it cannot be reached, the job still completes, with a warning. */
            target?: components["schemas"]["Target"] | null;
            /** @description Highest bit rate of the video of an output with a `target`: a number of bits per second, or a string such as `2800k`. */
            max_bitrate?: (number | string) | null;
            /** @description Compares the finished video with its source, scaled to the size of the output, by these metrics. For a ladder, Airlock compares the largest rendition. */
            measure?: ("ssim" | "xpsnr" | "psnr")[] | null;
            /** @description Several outputs of the same inputs, instead of `output_format`. Outputs that read the inputs in the same way share one decode. */
            outputs?: components["schemas"]["OutputRequest"][] | null;
            /** @description Also delivers a copy of each output there: one file to a presigned URL, or all files to the bucket of a connection. The outputs stay in Airlock until their retention ends. */
            destination?: components["schemas"]["Destination"] | null;
            /** @description Your own data, at most 8192 bytes; returned as `metadata.user`. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description Seconds for which Airlock keeps the output. It can only shorten the retention of the account and the server. */
            retention_seconds?: number | null;
            /** @description Fail the job unless Airlock can remux the container of every input before FFmpeg reads it. */
            disarm?: boolean | null;
            /** @description Limits of the job. They can only lower the limits of the account and the server. */
            limits?: components["schemas"]["JobLimits"] | null;
            /** @description From -10 to 10. Defaults to 0. Within an account, jobs with a higher priority start first. */
            priority?: number | null;
            /** @description Airlock sends the final events of this job to this URL, signed with the default secret of the account (`/v1/webhooks/secret`). */
            webhook_url?: string | null;
        };
        /** @description The inputs of the blueprint as top-level fields. `GET /v1/blueprints` describes the inputs of each blueprint as a JSON Schema. */
        BlueprintRunRequest: {
            /** @description Airlock sends the final events of this job to this URL, signed with the default secret of the account (`/v1/webhooks/secret`). */
            webhook_url?: string | null;
            /** @description Seconds for which Airlock keeps the output. It can only shorten the retention of the account and the server. */
            retention_seconds?: number | null;
            /** @description Your own data, at most 8192 bytes; returned as `metadata.user`. */
            metadata?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description Reviewed subtitles. */
        ContinueBlueprintRun: {
            /** @description The reviewed subtitles as SRT: numbered cues with times and plain text. */
            srt_text: string;
        };
        /** @description Jobs to create. */
        BatchRequest: {
            /** @description Bodies of `POST /v1/transcodes`, each accepted or rejected separately. */
            jobs: components["schemas"]["TranscodeRequest"][];
            /** @description Receives `batch.completed`, signed with the default secret of the account (`/v1/webhooks/secret`). */
            webhook_url?: string | null;
            /** @description Your own data, at most 8192 bytes; returned as `metadata.user`. */
            metadata?: {
                [key: string]: unknown;
            } | null;
        };
        /** @description The output to play, and the lifetime of the URLs. */
        PlaybackRequest: {
            /** @description Name of a ladder of the job. Required if the job has several ladders. */
            output?: string;
            /**
             * @description Seconds until the URLs expire. They expire earlier if Airlock deletes the output.
             * @default 21600
             */
            expires_in: number;
        };
        /** @description An account to create. */
        CreateAccountRequest: {
            /** @description The name of the account. */
            name: string;
        };
        /** @description Limits to change. Absent fields stay unchanged. */
        ChangeAccountRequest: {
            /** @description Maximum memory of one job, in MB of 1,048,576 bytes. Null restores the default. */
            memory_mb?: number | null;
            /** @description Maximum processor time of one job, in seconds. Null restores the default. */
            cpu_seconds?: number | null;
            /** @description Maximum run time of one job, in seconds. Null restores the default. */
            wall_seconds?: number | null;
            /** @description Maximum size of one output, in MB of 1,048,576 bytes. Null restores the default. */
            output_mb?: number | null;
            /** @description Maximum number of running jobs. Null restores the default. */
            max_concurrent?: number | null;
            /** @description Maximum number of waiting jobs. Null restores the default. */
            max_queued?: number | null;
            /** @description Maximum bytes of one upload. Null restores the default. */
            max_upload_bytes?: number | null;
            /** @description Maximum bytes of stored uploads and outputs, including bytes reserved for unconfirmed upload URLs. Null restores the default. */
            max_stored_bytes?: number | null;
            /** @description Maximum number of unconfirmed upload URLs. Null restores the default. */
            max_open_uploads?: number | null;
            /** @description Maximum minutes of input per month. Null restores the default. */
            monthly_minutes?: number | null;
            /** @description Maximum requests of one key per minute. Null restores the default. */
            requests_per_minute?: number | null;
            /** @description Seconds for which Airlock keeps outputs, and uploads after their last use. Can only shorten the retention of the server. Null restores the default. */
            retention_seconds?: number | null;
            /** @description Whether to reject each input that Airlock cannot remux, before FFmpeg reads the input. */
            disarm?: boolean;
            /** @description Whether to reject all requests of the account. */
            disabled?: boolean;
        };
        /** @description Whether to drain the worker. */
        ChangeWorkerRequest: {
            /** @description `true`: accept no new jobs; `false`: accept jobs again. */
            draining: boolean;
        };
        /** @description Fields that a job gets from the template: the fields of a job, except `inputs`, `webhook_url` and `template`. */
        TemplateContent: {
            /** @description The format of the only output; required without `outputs` and `template`. */
            output_format?: ("mp4" | "webm" | "mov" | "avi" | "mkv" | "mp3" | "m4a" | "aac" | "wav" | "ogg" | "opus" | "flac" | "jpg" | "png" | "gif" | "webp" | "thumbnails" | "sprite" | "hls" | "dash" | "cmaf") | null;
            /** @description Quality and size by name. Ignored if the request has `options`. */
            preset?: components["schemas"]["Preset"] | null;
            /** @description FFmpeg options for the output, in order. */
            options?: components["schemas"]["Option"][] | null;
            /** @description Joined with `;` into one `-filter_complex`. */
            filters?: components["schemas"]["Filter"][] | null;
            /** @description Makes the output one picture of the video. */
            still?: components["schemas"]["Still"] | null;
            /** @description Makes the output a short silent clip of several parts of the video. */
            preview?: components["schemas"]["Preview"] | null;
            /** @description Makes the output a drawing of the loudness of the audio. */
            waveform?: components["schemas"]["Waveform"] | null;
            /** @description Seconds between the pictures of `thumbnails` or a `sprite`. If the output would have more than 2,000 pictures, Airlock raises the value, and the job gets a warning. */
            every_seconds?: number | null;
            /** @description Number of pictures of `thumbnails`. Send either `count` or `every_seconds`. */
            count?: number | null;
            /** @description Width in pixels of each picture of `thumbnails` or a `sprite`. Defaults to 320 for `thumbnails` and 160 for a `sprite`. Airlock never scales up. */
            width?: number | null;
            /** @description Pictures in a row of a `sprite`. Defaults to 10. Airlock uses fewer if a sheet would be wider than 8192 pixels. */
            columns?: number | null;
            /** @description The renditions of a streaming format. `auto`, the default, chooses them by the size of the source, and by samples of it: an easy source gets fewer and smaller renditions. Airlock never scales up. */
            ladder?: ("auto" | components["schemas"]["Rung"][]) | null;
            /** @description URL of SRT or WebVTT subtitles for a streaming format: an `https://` URL, or the `fileUrl` of an upload. The value `transcribe` adds subtitles of the speech, if the server has a speech model. */
            subtitles?: string | null;
            /** @description Duration of each segment of a streaming format in seconds. Defaults to 4. */
            segment_seconds?: number | null;
            /** @description Encrypts the segments of an `hls` output with a new key. */
            encryption?: "aes-128" | null;
            /** @description The quality that the output must reach. Airlock searches for the smallest file on samples of the source, instead of a fixed quality, and verifies the result. If it cannot be reached, the job still completes, with a warning. */
            target?: components["schemas"]["Target"] | null;
            /** @description Highest bit rate of the video of an output with a `target`: a number of bits per second, or a string such as `2800k`. */
            max_bitrate?: (number | string) | null;
            /** @description Compares the finished video with its source, scaled to the size of the output, by these metrics. For a ladder, Airlock compares the largest rendition. */
            measure?: ("ssim" | "xpsnr" | "psnr")[] | null;
            /** @description Several outputs of the same inputs, instead of `output_format`. Outputs that read the inputs in the same way share one decode. */
            outputs?: components["schemas"]["OutputRequest"][] | null;
            /** @description Also delivers a copy of each output there: one file to a presigned URL, or all files to the bucket of a connection. The outputs stay in Airlock until their retention ends. */
            destination?: components["schemas"]["Destination"] | null;
            /** @description Your own data, at most 8192 bytes; returned as `metadata.user`. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description Seconds for which Airlock keeps the output. It can only shorten the retention of the account and the server. */
            retention_seconds?: number | null;
            /** @description Fail the job unless Airlock can remux the container of every input before FFmpeg reads it. */
            disarm?: boolean | null;
            /** @description Limits of the job. They can only lower the limits of the account and the server. */
            limits?: components["schemas"]["JobLimits"] | null;
            /** @description From -10 to 10. Defaults to 0. Within an account, jobs with a higher priority start first. */
            priority?: number | null;
        };
        /** @description A template to create. */
        CreateTemplateRequest: {
            /** @description Unique in the account. Names that begin with `airlock/` are reserved for built-in templates. */
            name: string;
            /** @description Fields of a job, except `inputs`, `webhook_url` and `template`. At most 32768 bytes as JSON. Options and filters cannot contain URLs. */
            request: components["schemas"]["TemplateContent"];
            /** @description A description for people. */
            description?: string | null;
        };
        /** @description The next version of a template. */
        ReplaceTemplateRequest: {
            /** @description Fields of a job, except `inputs`, `webhook_url` and `template`. At most 32768 bytes as JSON. Options and filters cannot contain URLs. */
            request: components["schemas"]["TemplateContent"];
            /** @description A description for people. */
            description?: string | null;
        };
        /** @description A command string to run as a job. */
        CommandRequest: {
            /** @description `-i {{in_1}} … {{out_1}}`, with or without `ffmpeg` in front. */
            ffmpeg_command: string;
            /** @description URLs by placeholder name. */
            input_files: {
                [key: string]: string;
            };
            /** @description File names by placeholder name; the extension selects the format. */
            output_files: {
                [key: string]: string;
            };
            /** @description Your own data, at most 8192 bytes; returned as `metadata.user`. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description Seconds for which Airlock keeps the output. It can only shorten the retention of the account and the server. */
            retention_seconds?: number | null;
            /** @description Fail the job unless Airlock can remux the container of every input before FFmpeg reads it. */
            disarm?: boolean | null;
            /** @description Limits of the job. They can only lower the limits of the account and the server. */
            limits?: components["schemas"]["JobLimits"] | null;
            /** @description Airlock sends the final events of this job to this URL, signed with the default secret of the account (`/v1/webhooks/secret`). */
            webhook_url?: string | null;
            /** @description From -10 to 10. Defaults to 0. Within an account, jobs with a higher priority start first. */
            priority?: number | null;
        };
        /** @description A transcription to create. */
        TranscribeRequest: {
            /** @description Video or audio: a `gs://` URL of this account, or a public `https://` or `http://` URL. */
            media_url: string;
            /** @description The spoken language: a code such as `en`, or an English name such as `german`. If you omit it or send `auto`, Airlock detects the language. */
            language?: string | null;
            /** @description `transcribe`, the default, keeps the language. `translate` translates into English. */
            task?: ("transcribe" | "translate") | null;
            /** @description The format of the output. Defaults to `srt`. */
            output_format?: ("srt" | "vtt" | "json") | null;
            /** @description Several formats of the same transcript. Replaces `output_format`. */
            output_formats?: ("srt" | "vtt" | "json")[] | null;
            /** @description Whether the JSON lists each word with its start and end. Defaults to false. */
            words?: boolean | null;
            /** @description Maximum width of a caption line in columns. Defaults to 42. A Chinese, Japanese or Korean character has two columns. */
            max_line?: number | null;
            /** @description Your own data, at most 8192 bytes; returned as `metadata.user`. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description Seconds for which Airlock keeps the output. It can only shorten the retention of the account and the server. */
            retention_seconds?: number | null;
            /** @description From -10 to 10. Defaults to 0. Within an account, jobs with a higher priority start first. */
            priority?: number | null;
            /** @description Airlock sends the final events of this job to this URL, signed with the default secret of the account (`/v1/webhooks/secret`). */
            webhook_url?: string | null;
        };
        /** @description A webhook to create. */
        CreateWebhookRequest: {
            /** @description An `https://` URL. The server calls it, and rejects private addresses. */
            url: string;
            /** @description Types of events to send; all if absent or null. */
            types?: ("transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test")[] | null;
            /** @description For people. */
            description?: string | null;
        };
        /** @description Fields to change. Absent fields stay unchanged. */
        UpdateWebhookRequest: {
            /** @description An `https://` URL. The server calls it, and rejects private addresses. */
            url?: string;
            /** @description Types of events to send; all if absent or null. */
            types?: ("transcode.queued" | "transcode.started" | "transcode.output_ready" | "transcode.awaiting_children" | "transcode.retrying" | "transcode.completed" | "transcode.failed" | "transcode.canceled" | "transcode.deleted" | "transcode.output_delivered" | "transcode.delivery_failed" | "blueprint.queued" | "blueprint.started" | "blueprint.output_ready" | "blueprint.awaiting_children" | "blueprint.retrying" | "blueprint.completed" | "blueprint.failed" | "blueprint.canceled" | "blueprint.deleted" | "blueprint.step" | "blueprint.awaiting_review" | "transcription.queued" | "transcription.started" | "transcription.output_ready" | "transcription.awaiting_children" | "transcription.retrying" | "transcription.completed" | "transcription.failed" | "transcription.canceled" | "transcription.deleted" | "batch.completed" | "upload.confirmed" | "upload.refused" | "upload.deleted" | "upload_token.created" | "key.created" | "key.rotated" | "key.revoked" | "webhook.disabled" | "webhook.test")[] | null;
            /** @description For people. */
            description?: string | null;
            /** @description `false` pauses the webhook; `true` enables it again. */
            enabled?: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    checkHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    checkLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Live"];
                };
            };
        };
    };
    checkReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
    presignUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresignRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresignAnswer"];
                };
            };
        };
    };
    confirmUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfirmAnswer"];
                };
            };
        };
    };
    createUploadToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadTokenRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadToken"];
                };
            };
        };
    };
    listUploads: {
        parameters: {
            query?: {
                /** @description Only uploads with this status. */
                status?: "pending" | "confirming" | "confirmed";
                /** @description Page, from 1. */
                page?: number;
                /** @description Number of uploads per page. */
                limit?: number;
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadList"];
                };
            };
        };
    };
    getUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `filename` of the upload. */
                filename: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
        };
    };
    deleteUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `filename` of the upload. */
                filename: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadDeleted"];
                };
            };
        };
    };
    beginMultipart: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MultipartRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MultipartAnswer"];
                };
            };
        };
    };
    signParts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `uploadId` of the upload, a UUID. */
                uploadId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PartUrlsRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartUrlsAnswer"];
                };
            };
        };
    };
    getMultipart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `uploadId` of the upload, a UUID. */
                uploadId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MultipartView"];
                };
            };
        };
    };
    deleteMultipart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `uploadId` of the upload, a UUID. */
                uploadId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MultipartDeleted"];
                };
            };
        };
    };
    listTranscodes: {
        parameters: {
            query?: {
                /** @description Only jobs with this status. */
                status?: "pending" | "processing" | "completed" | "failed" | "canceled";
                /** @description From 1. */
                page?: number;
                /** @description Number of jobs per page. */
                limit?: number;
                /** @description Only jobs updated at this time or later. A time without a zone is UTC. */
                since?: string;
                /** @description Only jobs updated at this time or earlier. A date is the start of its day in UTC. */
                until?: string;
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
        };
    };
    createTranscode: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TranscodeRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    getTranscode: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    eraseTranscode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EraseAnswer"];
                };
            };
        };
    };
    cancelTranscode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelAnswer"];
                };
            };
        };
    };
    downloadTranscode: {
        parameters: {
            query?: {
                /** @description Name of the output. Required if the job has several outputs. */
                output?: string;
                /** @description Path of one file of an output that has many, as `/files` returns it. If you omit it, the link is to a zip of all files. */
                file?: string;
                /** @description `false` returns a redirect instead. */
                url?: "true" | "1" | "yes" | "false" | "0" | "no";
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadAnswer"];
                };
            };
        };
    };
    listTranscodeFiles: {
        parameters: {
            query?: {
                /** @description Name of the output. Required if the job has several outputs. */
                output?: string;
                /** @description `next` of the previous page. */
                after?: string;
                /** @description Number of files per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileList"];
                };
            };
        };
    };
    getReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedReceipt"];
                };
            };
        };
    };
    listBlueprintRuns: {
        parameters: {
            query?: {
                /** @description Only jobs with this status. */
                status?: "pending" | "processing" | "completed" | "failed" | "canceled" | "awaiting_review";
                /** @description From 1. */
                page?: number;
                /** @description Number of jobs per page. */
                limit?: number;
                /** @description Only jobs updated at this time or later. A time without a zone is UTC. */
                since?: string;
                /** @description Only jobs updated at this time or earlier. A date is the start of its day in UTC. */
                until?: string;
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlueprintRunJobList"];
                };
            };
        };
    };
    getBlueprintRun: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlueprintRun"];
                };
            };
        };
    };
    eraseBlueprintRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EraseAnswer"];
                };
            };
        };
    };
    cancelBlueprintRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlueprintRunCancelAnswer"];
                };
            };
        };
    };
    downloadBlueprintRun: {
        parameters: {
            query?: {
                /** @description Name of the output. Required if the job has several outputs. */
                output?: string;
                /** @description Path of one file of an output that has many, as `/files` returns it. If you omit it, the link is to a zip of all files. */
                file?: string;
                /** @description `false` returns a redirect instead. */
                url?: "true" | "1" | "yes" | "false" | "0" | "no";
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadAnswer"];
                };
            };
        };
    };
    listBlueprintRunFiles: {
        parameters: {
            query?: {
                /** @description Name of the output. Required if the job has several outputs. */
                output?: string;
                /** @description `next` of the previous page. */
                after?: string;
                /** @description Number of files per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileList"];
                };
            };
        };
    };
    getBlueprintRunReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedReceipt"];
                };
            };
        };
    };
    createTranscription: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TranscribeRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transcription"];
                };
            };
        };
    };
    listTranscriptions: {
        parameters: {
            query?: {
                /** @description Only jobs with this status. */
                status?: "pending" | "processing" | "completed" | "failed" | "canceled";
                /** @description From 1. */
                page?: number;
                /** @description Number of jobs per page. */
                limit?: number;
                /** @description Only jobs updated at this time or later. A time without a zone is UTC. */
                since?: string;
                /** @description Only jobs updated at this time or earlier. A date is the start of its day in UTC. */
                until?: string;
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TranscriptionJobList"];
                };
            };
        };
    };
    getTranscription: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transcription"];
                };
            };
        };
    };
    eraseTranscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EraseAnswer"];
                };
            };
        };
    };
    cancelTranscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TranscriptionCancelAnswer"];
                };
            };
        };
    };
    downloadTranscription: {
        parameters: {
            query?: {
                /** @description Name of the output. Required if the job has several outputs. */
                output?: string;
                /** @description Path of one file of an output that has many, as `/files` returns it. If you omit it, the link is to a zip of all files. */
                file?: string;
                /** @description `false` returns a redirect instead. */
                url?: "true" | "1" | "yes" | "false" | "0" | "no";
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DownloadAnswer"];
                };
            };
        };
    };
    listTranscriptionFiles: {
        parameters: {
            query?: {
                /** @description Name of the output. Required if the job has several outputs. */
                output?: string;
                /** @description `next` of the previous page. */
                after?: string;
                /** @description Number of files per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileList"];
                };
            };
        };
    };
    getTranscriptionReceipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedReceipt"];
                };
            };
        };
    };
    listKinds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KindList"];
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description Only jobs of this kind. */
                kind?: "transcode" | "blueprint" | "transcribe";
                /** @description Only jobs with this status. */
                status?: "pending" | "processing" | "completed" | "failed" | "canceled";
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of jobs per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AllJobsList"];
                };
            };
        };
    };
    validateTranscode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TranscodeRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ValidateAnswer"];
                };
            };
        };
    };
    getTranscodeDetails: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobDetails"];
                };
            };
        };
    };
    getManifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedManifest"];
                };
            };
        };
    };
    redeliverOutputs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedeliverRequest"] | null;
            };
        };
        responses: {
            /** @description Airlock accepted the request, and makes the deliveries after the response. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redelivery"];
                };
            };
        };
    };
    retryTranscode: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    createPlayback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlaybackRequest"] | null;
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Playback"];
                };
            };
        };
    };
    createBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
        };
    };
    listBatches: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchList"];
                };
            };
        };
    };
    getBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchCanceled"];
                };
            };
        };
    };
    listBlueprints: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlueprintList"];
                };
            };
        };
    };
    runBlueprint: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The name of the blueprint. */
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BlueprintRunRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedBlueprintRun"];
                };
            };
        };
    };
    getBlueprintRunSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlueprintRunSource"];
                };
            };
        };
    };
    continueBlueprintRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContinueBlueprintRun"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlueprintRun"];
                };
            };
        };
    };
    createCommand: {
        parameters: {
            query?: {
                /** @description Respond when the job is final, or after this many seconds. */
                wait?: number;
            };
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandJob"];
                };
            };
        };
    };
    listTemplates: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateList"];
                };
            };
        };
    };
    createTemplate: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTemplateRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
        };
    };
    listConnections: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionList"];
                };
            };
        };
    };
    createConnection: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateConnectionRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
        };
    };
    getConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the connection. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
        };
    };
    deleteConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the connection. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovedConnection"];
                };
            };
        };
    };
    probeFile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProbeRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProbeAnswer"];
                };
            };
        };
    };
    listSigningKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicKeys"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Returns only events of these types, separated by commas. */
                types?: string;
                /** @description Returns only events of this job. */
                job?: string;
                /** @description Returns only events after this cursor: the `id` of an event, or the `next` of a page. */
                after?: string;
                /** @description Number of events per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    listTranscodeEvents: {
        parameters: {
            query?: {
                /** @description Returns only events of these types, separated by commas. */
                types?: string;
                /** @description Returns only events after this cursor: the `id` of an event, or the `next` of a page. */
                after?: string;
                /** @description Number of events per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    listBlueprintRunEvents: {
        parameters: {
            query?: {
                /** @description Returns only events of these types, separated by commas. */
                types?: string;
                /** @description Returns only events after this cursor: the `id` of an event, or the `next` of a page. */
                after?: string;
                /** @description Number of events per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    listTranscriptionEvents: {
        parameters: {
            query?: {
                /** @description Returns only events of these types, separated by commas. */
                types?: string;
                /** @description Returns only events after this cursor: the `id` of an event, or the `next` of a page. */
                after?: string;
                /** @description Number of events per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    listBatchEvents: {
        parameters: {
            query?: {
                /** @description Returns only events of these types, separated by commas. */
                types?: string;
                /** @description Returns only events after this cursor: the `id` of an event, or the `next` of a page. */
                after?: string;
                /** @description Number of events per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateKeyRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateKeyRequest"] | null;
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedApiKey"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedApiKey"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhookRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWebhook"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovedWebhook"];
                };
            };
        };
    };
    updateWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateWebhookRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedWebhook"];
                };
            };
        };
    };
    rotateWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateSecretRequest"] | null;
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWebhook"];
                };
            };
        };
    };
    getWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateSecretRequest"] | null;
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Airlock accepted the request, and makes the deliveries after the response. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryAnswer"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Only deliveries in this state. */
                status?: "pending" | "delivered" | "failed";
                /** @description Page, from 1. */
                page?: number;
                /** @description Number of deliveries per page. */
                limit?: number;
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
        };
    };
    sendDeliveryAgain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Airlock accepted the request, and makes the deliveries after the response. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryAnswer"];
                };
            };
        };
    };
    getSecurity: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Security"];
                };
            };
        };
    };
    getUsage: {
        parameters: {
            query?: {
                /** @description The month, in UTC; the current one if absent. */
                period?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndedSession"];
                };
            };
        };
    };
    getSetupLink: {
        parameters: {
            query?: never;
            header?: {
                /** @description The part of the link behind `#`. */
                "x-airlock-setup"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupLink"];
                };
            };
        };
    };
    useSetupLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
        };
    };
    createAccount: {
        parameters: {
            query?: never;
            header?: {
                /** @description Up to 255 printable ASCII characters, such as a UUID, kept for 25 hours. A repeated request with the same body returns the same response; one with another body returns 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateAccountRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. The response contains the created resource. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountWithUsage"];
                };
            };
        };
    };
    changeAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeAccountRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountWithUsage"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: {
                /** @description Returns the items after this cursor: the `next` of the previous page. */
                after?: string;
                /** @description Number of items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerList"];
                };
            };
        };
    };
    changeWorker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the resource in the path, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeWorkerRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Worker"];
                };
            };
        };
    };
    getQueue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
        };
    };
    getStorage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageState"];
                };
            };
        };
    };
    getHistory: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoadHistory"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description The `next` of the previous page. Returns older entries. */
                after?: number;
                /** @description Number of entries per page. */
                limit?: number;
                /** @description Whether to verify the entire chain. Takes about a second for 100,000 entries. */
                verify?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    getTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the template. To read one version, append `@` and its number, such as `web@3`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
        };
    };
    replaceTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the template. To read one version, append `@` and its number, such as `web@3`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplaceTemplateRequest"];
            };
        };
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
        };
    };
    deleteTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the template. To read one version, append `@` and its number, such as `web@3`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovedTemplate"];
                };
            };
        };
    };
}
