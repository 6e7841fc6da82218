-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- DROP TABLE node_metrics;
-- navarch:end-undo
-- The latest sample of each node's load; history belongs to a time-series database.

CREATE TABLE node_metrics (
    node_key       int PRIMARY KEY REFERENCES node (key),
    sampled_at     timestamptz,
    cpu_percent    float8 NOT NULL DEFAULT 0,
    memory_percent float8 NOT NULL DEFAULT 0,
    gpus           bytea NOT NULL DEFAULT ''
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_cost_delay = 0);
-- Samples are small and replaced every few seconds: never worth compressing.
ALTER TABLE node_metrics ALTER COLUMN gpus SET STORAGE EXTERNAL;

COMMENT ON TABLE node_metrics IS 'Latest sample of each node. Its row is made at registration, so that heartbeats only update.';
COMMENT ON COLUMN node_metrics.sampled_at IS 'NULL until the first sample.';
COMMENT ON COLUMN node_metrics.gpus IS
    'A version byte 1, then 28 bytes for each GPU, big-endian: index, temperature, watts (int4), utilization (float8), memory used (int8).';
