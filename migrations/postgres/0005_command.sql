-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- LOCK TABLE command IN ACCESS EXCLUSIVE MODE;
-- DO $$ BEGIN
--     IF EXISTS (SELECT FROM command) THEN
--         RAISE EXCEPTION 'table command holds rows, and nothing else does' USING HINT = 'write a new step, or delete them first';
--     END IF;
-- END $$;
-- DROP TABLE command;
-- navarch:end-undo
-- Commands and their leases (C9–C13).

CREATE TABLE command (
    id               uuid PRIMARY KEY,
    seq              bigint GENERATED ALWAYS AS IDENTITY,
    node_key         int NOT NULL,
    type             command_type NOT NULL,
    state            command_state NOT NULL,
    attempt          int NOT NULL DEFAULT 0,
    expiries         int NOT NULL DEFAULT 0,
    cancel_requested boolean NOT NULL DEFAULT false,
    lease_id         uuid,
    lease_until      timestamptz,
    replica          uuid,
    issued_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    not_after        timestamptz NOT NULL,
    run_timeout      interval NOT NULL CHECK (run_timeout > '0'),
    started_at       timestamptz,
    run_until_up     interval,
    finished_at      timestamptz,
    issued_by        text NOT NULL,
    idempotency_key  text NOT NULL DEFAULT '',
    request_hash     bytea NOT NULL DEFAULT '',
    reason           text NOT NULL DEFAULT '',
    parameters       jsonb NOT NULL DEFAULT '{}',
    progress_percent float8,
    progress_message text,
    progress_at      timestamptz,
    result           json CHECK (octet_length(result::text) <= 8388608),
    CHECK (state <> 'leased' OR (lease_id IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK (lease_until IS NULL OR state IN ('leased', 'running')),
    CHECK ((finished_at IS NOT NULL) = (state NOT IN ('queued', 'leased', 'running')))
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Lists are in order of (issued_at, id): an index that could supply `seq` alone would tempt the lease to walk every finished command.
CREATE UNIQUE INDEX command_idempotency ON command (issued_by, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX command_queued ON command (node_key, seq) WHERE state = 'queued';
CREATE INDEX command_leased ON command (node_key) WHERE state = 'leased';
CREATE INDEX command_running ON command (node_key) WHERE state = 'running';
-- Not WHERE state = 'leased': the lease's gate took that one and read every lease.
CREATE INDEX command_lease_end ON command (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX command_issued ON command (issued_at, id);
CREATE INDEX command_of_node ON command (node_key, issued_at, id);

COMMENT ON TABLE command IS
    'Commands, from issue until retention. No foreign key to node: nodes are never deleted, and each insert would lock the node''s row.';
COMMENT ON COLUMN command.seq IS 'Issue order; what was answered before another was issued has the smaller one (C10).';
COMMENT ON COLUMN command.attempt IS 'Times handed out; with id and lease_id it fences (C11).';
COMMENT ON COLUMN command.expiries IS 'Leases that lapsed unacknowledged; only these count towards "attempts used up".';
COMMENT ON COLUMN command.lease_id IS 'Current lease; kept after the end, so that a repeated report is told from a foreign one.';
COMMENT ON COLUMN command.lease_until IS 'By the database''s clock. Past it, a leased command is queued again and a running one is out of contact.';
COMMENT ON COLUMN command.replica IS 'Which replica leased it last.';
COMMENT ON COLUMN command.run_until_up IS 'On the service clock (C19): past it, a running command becomes unknown.';
COMMENT ON COLUMN command.request_hash IS 'SHA-256 of the request, where a key was given: the same key with another request is refused (C13).';
COMMENT ON COLUMN command.result IS 'json and not jsonb: captured output may hold U+0000.';
