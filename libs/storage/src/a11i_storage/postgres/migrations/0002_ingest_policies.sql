-- A project without a row has the default policy. Rates of 0 mean what the ingest service's settings say.
CREATE TABLE ingest_policies (
  project_id uuid PRIMARY KEY REFERENCES projects (id),
  sampling_ratio double precision NOT NULL CHECK (sampling_ratio BETWEEN 0 AND 1),
  keep_errors boolean NOT NULL,
  requests_per_second double precision NOT NULL CHECK (requests_per_second >= 0),
  request_burst double precision NOT NULL CHECK (request_burst >= 0),
  spans_per_second double precision NOT NULL CHECK (spans_per_second >= 0),
  span_burst double precision NOT NULL CHECK (span_burst >= 0),
  bytes_per_second double precision NOT NULL CHECK (bytes_per_second >= 0),
  byte_burst double precision NOT NULL CHECK (byte_burst >= 0),
  updated_time timestamptz NOT NULL DEFAULT now()
);
