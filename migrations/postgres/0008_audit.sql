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
