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
