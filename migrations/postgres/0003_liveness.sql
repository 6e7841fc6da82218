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
