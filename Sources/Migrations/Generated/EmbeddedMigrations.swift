// SPDX-License-Identifier: MIT
// swift-format-ignore-file
// Made by .ci/embed-migrations from migrations/postgres. Do not edit: change the SQL file and run it again.

/// The numbered files, as this binary carries them.
enum EmbeddedMigrations {
    /// In order of their numbers; a test holds them against the folder.
    static let files: [(fileName: String, text: String)] = [
("0001_enums.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- DROP TYPE instance_state, command_state, command_type, health_status, node_status, node_condition, node_schedule, node_lifecycle;
-- navarch:end-undo
-- Every status that rows hold, by name. The Swift enums of NavarchModel have the same raw values; a test compares them.

CREATE TYPE node_lifecycle AS ENUM ('present', 'terminated');
CREATE TYPE node_schedule AS ENUM ('active', 'cordoned', 'draining');
CREATE TYPE node_condition AS ENUM ('ok', 'unhealthy');
CREATE TYPE node_status AS ENUM ('active', 'cordoned', 'draining', 'unhealthy', 'terminated');
CREATE TYPE health_status AS ENUM ('unknown', 'healthy', 'degraded', 'unhealthy');
CREATE TYPE command_type AS ENUM ('cordon', 'drain', 'run_diagnostic', 'terminate', 'uncordon');
CREATE TYPE command_state AS ENUM
    ('queued', 'leased', 'running', 'succeeded', 'failed', 'unknown', 'cancelled', 'expired', 'undeliverable');
CREATE TYPE instance_state AS ENUM
    ('provisioning', 'pending_registration', 'running', 'terminating', 'terminated', 'failed');

"""###),
("0002_node.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- LOCK TABLE node IN ACCESS EXCLUSIVE MODE;
-- DO $$ BEGIN
--     IF EXISTS (SELECT FROM node) THEN
--         RAISE EXCEPTION 'table node holds rows, and nothing else does' USING HINT = 'write a new step, or delete them first';
--     END IF;
-- END $$;
-- DROP TABLE node;
-- navarch:end-undo
-- Nodes: what their agents said at registration, and what operators and health reports made of them.

CREATE TABLE node (
    key               int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                text COLLATE "C" NOT NULL CONSTRAINT node_id_unique UNIQUE CHECK (length(id) BETWEEN 1 AND 253),
    provider          text NOT NULL DEFAULT '',
    region            text NOT NULL DEFAULT '',
    zone              text NOT NULL DEFAULT '',
    instance_type     text NOT NULL DEFAULT '',
    agent_version     text NOT NULL DEFAULT '',
    journal_id        text NOT NULL DEFAULT '',
    machine_id        text NOT NULL DEFAULT '',
    gpus              jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(gpus) = 'array'),
    metadata          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    labels            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
    host              jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(host) = 'object'),
    gpu_count         int GENERATED ALWAYS AS (jsonb_array_length(gpus)) STORED,
    lifecycle         node_lifecycle NOT NULL DEFAULT 'present',
    schedule          node_schedule NOT NULL DEFAULT 'active',
    condition         node_condition NOT NULL DEFAULT 'ok',
    health            health_status NOT NULL DEFAULT 'unknown',
    status            node_status GENERATED ALWAYS AS (
        CASE WHEN lifecycle = 'terminated' THEN 'terminated'::node_status
             WHEN condition = 'unhealthy' THEN 'unhealthy'::node_status
             WHEN schedule = 'draining' THEN 'draining'::node_status
             WHEN schedule = 'cordoned' THEN 'cordoned'::node_status
             ELSE 'active'::node_status END) STORED,
    status_reason     text NOT NULL DEFAULT '',
    last_health_check timestamptz,
    registered_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    terminated_at     timestamptz,
    revision          bigint NOT NULL DEFAULT 1,
    CHECK ((lifecycle = 'terminated') = (terminated_at IS NOT NULL))
) WITH (fillfactor = 80);

-- Selectors: `labels ?& …` and `labels @> …`.
CREATE INDEX node_labels ON node USING gin (labels);

COMMENT ON TABLE node IS
    'One row for each machine that ever registered. Rows stay as tombstones when a node is terminated; nothing deletes them.';
COMMENT ON COLUMN node.key IS 'Small integer that stands for the node in other rows, advisory locks (1, key) and notifications.';
COMMENT ON COLUMN node.id IS 'Name that the agent chose. Collation "C": page order is the order of bytes.';
COMMENT ON COLUMN node.journal_id IS 'Names the agent''s journal; another one makes running commands unknown (C12).';
COMMENT ON COLUMN node.machine_id IS 'Of the host''s installation; another one under the same id is a fresh machine.';
COMMENT ON COLUMN node.host IS 'Hardware and operating system as the agent found them.';
COMMENT ON COLUMN node.schedule IS 'What operators said about scheduling.';
COMMENT ON COLUMN node.condition IS 'Sticky verdict of health reports; only uncordon returns it to ok.';
COMMENT ON COLUMN node.health IS 'Worst result of the latest report that knew something.';
COMMENT ON COLUMN node.status IS 'One word by precedence: terminated, unhealthy, draining, cordoned, active.';
COMMENT ON COLUMN node.revision IS 'Grows by one with every change of this row.';

"""###),
("0003_liveness.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- DROP TABLE liveness;
-- DROP TABLE service_clock;
-- navarch:end-undo
-- Signs of life and the clock that they are judged on (C18, C19).

CREATE TABLE service_clock (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    up        interval NOT NULL DEFAULT '0',
    proven_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
INSERT INTO service_clock DEFAULT VALUES;

COMMENT ON TABLE service_clock IS
    'Counts the time in which heartbeats could be recorded. Every serving replica proves it once a second; a gap over 5 s adds nothing.';
COMMENT ON COLUMN service_clock.up IS 'How long heartbeats could be recorded, since the schema was made.';
COMMENT ON COLUMN service_clock.proven_at IS 'When a replica last proved that they can.';

-- Half of each page stays free and nothing that changes is indexed, so that every update is HOT.
CREATE TABLE liveness (
    node_key  int PRIMARY KEY REFERENCES node (key),
    reachable boolean NOT NULL DEFAULT true,
    last_seen timestamptz NOT NULL,
    seen_up   interval NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE liveness IS
    'The latest sign of life of each node that is present; a terminated node has no row. Written with asynchronous commit.';
COMMENT ON COLUMN liveness.reachable IS 'False once silent for longer than the timeout on the service clock; unknown is not dead.';
COMMENT ON COLUMN liveness.seen_up IS 'What the service clock showed at the latest sign of life.';

"""###),
("0004_node_metrics.sql", ###"""
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

"""###),
("0005_command.sql", ###"""
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

"""###),
("0006_feed.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- DROP TABLE database_incarnation;
-- DROP TABLE feed_head;
-- DROP TABLE event;
-- navarch:end-undo
-- The change feed (C22) and the database's incarnation (C27).

CREATE TABLE event (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    pos         bigint,
    type        text NOT NULL,
    node_key    int NOT NULL,
    command_id  uuid,
    actor       text NOT NULL DEFAULT '',
    reason      text NOT NULL DEFAULT '',
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- No primary key on id: the sequencer orders by it and would walk every event there ever was.
CREATE UNIQUE INDEX event_unsequenced ON event (id) WHERE pos IS NULL;
CREATE UNIQUE INDEX event_position ON event (pos) WHERE pos IS NOT NULL;

COMMENT ON TABLE event IS
    'What changed, inserted without a position after the rows that it tells of were locked; the sequencer gives positions in id order.';
COMMENT ON COLUMN event.pos IS 'Place in the feed. Readers follow it and never id: a late commit gets a later position.';

CREATE TABLE feed_head (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    pos       bigint NOT NULL DEFAULT 0,
    pruned_to bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO feed_head DEFAULT VALUES;

COMMENT ON TABLE feed_head IS 'The last position given; its row''s lock lets one sequencer in at a time.';
COMMENT ON COLUMN feed_head.pruned_to IS 'Positions up to this one are gone; a reader behind it lists again.';

CREATE TABLE database_incarnation (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id                uuid NOT NULL DEFAULT gen_random_uuid(),
    timeline          text NOT NULL DEFAULT '',
    system_identifier text NOT NULL DEFAULT '',
    database_oid      oid NOT NULL DEFAULT 0,
    since             timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO database_incarnation DEFAULT VALUES;

COMMENT ON TABLE database_incarnation IS
    'Replaced by the first replica that sees another timeline (a failover), system identifier (another cluster) or database oid (a restore).';

"""###),
("0007_coordination.sql", ###"""
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

"""###),
("0008_audit.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- LOCK TABLE audit IN ACCESS EXCLUSIVE MODE;
-- DO $$ BEGIN
--     IF EXISTS (SELECT FROM audit) THEN
--         RAISE EXCEPTION 'table audit holds rows, and nothing else does' USING HINT = 'write a new step, or delete them first';
--     END IF;
-- END $$;
-- DROP TABLE audit;
-- navarch:end-undo
-- Who did what to which node, and why. Written in the transaction that does it; nothing updates it.

CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text NOT NULL,
    action     text NOT NULL,
    node_key   int,
    command_id uuid,
    reason     text NOT NULL DEFAULT '',
    details    json
);
CREATE INDEX audit_of_node ON audit (node_key, id);

COMMENT ON TABLE audit IS 'Who did what to which node, and why.';
COMMENT ON COLUMN audit.action IS 'E.g. "node.cordoned", "command.cancelled", "command.late_report".';
COMMENT ON COLUMN audit.details IS 'What does not fit elsewhere, e.g. a report that came too late. json: output may hold U+0000.';

"""###),
("0009_health.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- DROP TABLE health_event;
-- DROP TABLE health_result;
-- DROP TABLE health_report;
-- navarch:end-undo
-- Health reports as they came, the latest result of each check, and events of GPUs.

CREATE TABLE health_report (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node_key    int NOT NULL REFERENCES node (key),
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    verdict     health_status NOT NULL,
    results     jsonb NOT NULL
);
CREATE INDEX health_report_of_node ON health_report (node_key, id);
CREATE INDEX health_report_age ON health_report (received_at);

CREATE TABLE health_result (
    node_key    int NOT NULL REFERENCES node (key),
    check_name  text COLLATE "C" NOT NULL,
    status      health_status NOT NULL,
    message     text NOT NULL DEFAULT '',
    observed_at timestamptz,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    details     jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (node_key, check_name)
) WITH (fillfactor = 70);

CREATE TABLE health_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node_key    int NOT NULL REFERENCES node (key),
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    observed_at timestamptz,
    gpu_index   int NOT NULL,
    gpu_uuid    text NOT NULL DEFAULT '',
    system      text NOT NULL DEFAULT '',
    type        text NOT NULL DEFAULT '',
    metrics     jsonb NOT NULL DEFAULT '{}',
    message     text NOT NULL DEFAULT ''
);
CREATE INDEX health_event_of_node ON health_event (node_key, id);
CREATE INDEX health_event_age ON health_event (received_at);

COMMENT ON TABLE health_report IS 'Reports as they came, until retention.';
COMMENT ON TABLE health_result IS 'The latest result of each check of each node.';
COMMENT ON COLUMN health_result.observed_at IS 'By the agent''s clock; shown, never decided on.';
COMMENT ON TABLE health_event IS 'What happened to GPUs and nodes, as reported; policies judge it elsewhere.';
COMMENT ON COLUMN health_event.gpu_index IS 'Index of the driver; -1 for the node.';

"""###),
("0010_instance.sql", ###"""
-- SPDX-License-Identifier: MIT
-- navarch:phase expand
-- navarch:undo
-- LOCK TABLE instance IN ACCESS EXCLUSIVE MODE;
-- DO $$ BEGIN
--     IF EXISTS (SELECT FROM instance) THEN
--         RAISE EXCEPTION 'table instance holds rows, and nothing else does' USING HINT = 'write a new step, or delete them first';
--     END IF;
-- END $$;
-- DROP TABLE instance;
-- navarch:end-undo
-- Cloud instances; providers write them.

CREATE TABLE instance (
    id             text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 253),
    provider       text NOT NULL DEFAULT '',
    region         text NOT NULL DEFAULT '',
    zone           text NOT NULL DEFAULT '',
    instance_type  text NOT NULL DEFAULT '',
    state          instance_state NOT NULL,
    pool_name      text NOT NULL DEFAULT '',
    node_id        text COLLATE "C" NOT NULL DEFAULT '',
    status_message text NOT NULL DEFAULT '',
    labels         jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ready_at       timestamptz,
    terminated_at  timestamptz
);
CREATE INDEX instance_of_pool ON instance (pool_name, id);

COMMENT ON TABLE instance IS 'Machines as the clouds know them, from the request until retention.';
COMMENT ON COLUMN instance.node_id IS 'The node that registered on it; empty until then.';

"""###),
    ]
}
