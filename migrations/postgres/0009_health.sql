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
