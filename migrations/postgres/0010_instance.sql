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
