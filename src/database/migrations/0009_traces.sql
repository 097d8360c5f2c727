-- The W3C traceparent of the request that created a job, so that its attempts and webhooks join that trace. Null unless the
-- API traces.
ALTER TABLE jobs ADD COLUMN traceparent text CHECK (length(traceparent) = 55);
