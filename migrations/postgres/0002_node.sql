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
