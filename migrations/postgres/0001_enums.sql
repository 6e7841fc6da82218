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
