-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- DROP TABLE leadership;
-- DROP TABLE replica;
-- navarch:end-undo
-- Replicas and who leads which loop (C15, C24, C26).

CREATE TABLE replica (
    id                      uuid PRIMARY KEY,
    region                  text NOT NULL DEFAULT '',
    address                 text NOT NULL DEFAULT '',
    version                 text NOT NULL DEFAULT '',
    schema_min              int NOT NULL,
    schema_max              int NOT NULL,
    started_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen               timestamptz NOT NULL DEFAULT clock_timestamp(),
    draining                boolean NOT NULL DEFAULT false,
    synchronous_replication boolean NOT NULL DEFAULT false,
    CHECK (schema_min <= schema_max)
) WITH (fillfactor = 50);

COMMENT ON TABLE replica IS 'Runs of navarchd. A contract step looks here for live ones that are older than it allows (C24).';
COMMENT ON COLUMN replica.last_seen IS 'Proof of life, once a second.';
COMMENT ON COLUMN replica.synchronous_replication IS 'Whether commits waited for a standby when it registered (C26).';

CREATE TABLE leadership (
    name   text PRIMARY KEY,
    term   bigint NOT NULL DEFAULT 0,
    holder uuid,
    since  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

COMMENT ON TABLE leadership IS
    'The term of each led loop. Every transaction of the loop locks its row FOR SHARE and stops when the term is another.';
COMMENT ON COLUMN leadership.holder IS 'Who raised the term; NULL once it resigned.';
