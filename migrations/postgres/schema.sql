-- SPDX-License-Identifier: MIT
-- What all steps make of an empty database, as pg_dump spells it. A test compares; UPDATE_SNAPSHOTS=1 writes it.

CREATE TYPE public.command_state AS ENUM (
    'queued',
    'leased',
    'running',
    'succeeded',
    'failed',
    'unknown',
    'cancelled',
    'expired',
    'undeliverable'
);

CREATE TYPE public.command_type AS ENUM (
    'cordon',
    'drain',
    'run_diagnostic',
    'terminate',
    'uncordon'
);

CREATE TYPE public.health_status AS ENUM (
    'unknown',
    'healthy',
    'degraded',
    'unhealthy'
);

CREATE TYPE public.instance_state AS ENUM (
    'provisioning',
    'pending_registration',
    'running',
    'terminating',
    'terminated',
    'failed'
);

CREATE TYPE public.node_condition AS ENUM (
    'ok',
    'unhealthy'
);

CREATE TYPE public.node_lifecycle AS ENUM (
    'present',
    'terminated'
);

CREATE TYPE public.node_schedule AS ENUM (
    'active',
    'cordoned',
    'draining'
);

CREATE TYPE public.node_status AS ENUM (
    'active',
    'cordoned',
    'draining',
    'unhealthy',
    'terminated'
);

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    node_key integer,
    command_id uuid,
    reason text DEFAULT ''::text NOT NULL,
    details json
);

COMMENT ON TABLE public.audit IS 'Who did what to which node, and why.';

COMMENT ON COLUMN public.audit.action IS 'E.g. "node.cordoned", "command.cancelled", "command.late_report".';

COMMENT ON COLUMN public.audit.details IS 'What does not fit elsewhere, e.g. a report that came too late. json: output may hold U+0000.';

ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.command (
    id uuid NOT NULL,
    seq bigint NOT NULL,
    node_key integer NOT NULL,
    type public.command_type NOT NULL,
    state public.command_state NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    expiries integer DEFAULT 0 NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    lease_id uuid,
    lease_until timestamp with time zone,
    replica uuid,
    issued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    not_after timestamp with time zone NOT NULL,
    run_timeout interval NOT NULL,
    started_at timestamp with time zone,
    run_until_up interval,
    finished_at timestamp with time zone,
    issued_by text NOT NULL,
    idempotency_key text DEFAULT ''::text NOT NULL,
    request_hash bytea DEFAULT '\x'::bytea NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    progress_percent double precision,
    progress_message text,
    progress_at timestamp with time zone,
    result json,
    CONSTRAINT command_check CHECK (((state <> 'leased'::public.command_state) OR ((lease_id IS NOT NULL) AND (lease_until IS NOT NULL)))),
    CONSTRAINT command_check1 CHECK (((lease_until IS NULL) OR (state = ANY (ARRAY['leased'::public.command_state, 'running'::public.command_state])))),
    CONSTRAINT command_check2 CHECK (((finished_at IS NOT NULL) = (state <> ALL (ARRAY['queued'::public.command_state, 'leased'::public.command_state, 'running'::public.command_state])))),
    CONSTRAINT command_result_check CHECK ((octet_length((result)::text) <= 8388608)),
    CONSTRAINT command_run_timeout_check CHECK ((run_timeout > '00:00:00'::interval))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_cost_delay='0');

COMMENT ON TABLE public.command IS 'Commands, from issue until retention. No foreign key to node: nodes are never deleted, and each insert would lock the node''s row.';

COMMENT ON COLUMN public.command.seq IS 'Issue order; what was answered before another was issued has the smaller one (C10).';

COMMENT ON COLUMN public.command.attempt IS 'Times handed out; with id and lease_id it fences (C11).';

COMMENT ON COLUMN public.command.expiries IS 'Leases that lapsed unacknowledged; only these count towards "attempts used up".';

COMMENT ON COLUMN public.command.lease_id IS 'Current lease; kept after the end, so that a repeated report is told from a foreign one.';

COMMENT ON COLUMN public.command.lease_until IS 'By the database''s clock. Past it, a leased command is queued again and a running one is out of contact.';

COMMENT ON COLUMN public.command.replica IS 'Which replica leased it last.';

COMMENT ON COLUMN public.command.run_until_up IS 'On the service clock (C19): past it, a running command becomes unknown.';

COMMENT ON COLUMN public.command.request_hash IS 'SHA-256 of the request, where a key was given: the same key with another request is refused (C13).';

COMMENT ON COLUMN public.command.result IS 'json and not jsonb: captured output may hold U+0000.';

ALTER TABLE public.command ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.command_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.database_incarnation (
    only_row boolean DEFAULT true NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    timeline text DEFAULT ''::text NOT NULL,
    system_identifier text DEFAULT ''::text NOT NULL,
    database_oid oid DEFAULT 0 NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT database_incarnation_only_row_check CHECK (only_row)
);

COMMENT ON TABLE public.database_incarnation IS 'Replaced by the first replica that sees another timeline (a failover), system identifier (another cluster) or database oid (a restore).';

CREATE TABLE public.event (
    id bigint NOT NULL,
    pos bigint,
    type text NOT NULL,
    node_key integer NOT NULL,
    command_id uuid,
    actor text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    occurred_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_cost_delay='0');

COMMENT ON TABLE public.event IS 'What changed, inserted without a position after the rows that it tells of were locked; the sequencer gives positions in id order.';

COMMENT ON COLUMN public.event.pos IS 'Place in the feed. Readers follow it and never id: a late commit gets a later position.';

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.feed_head (
    only_row boolean DEFAULT true NOT NULL,
    pos bigint DEFAULT 0 NOT NULL,
    pruned_to bigint DEFAULT 0 NOT NULL,
    CONSTRAINT feed_head_only_row_check CHECK (only_row)
)
WITH (fillfactor='10');

COMMENT ON TABLE public.feed_head IS 'The last position given; its row''s lock lets one sequencer in at a time.';

COMMENT ON COLUMN public.feed_head.pruned_to IS 'Positions up to this one are gone; a reader behind it lists again.';

CREATE TABLE public.health_event (
    id bigint NOT NULL,
    node_key integer NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    observed_at timestamp with time zone,
    gpu_index integer NOT NULL,
    gpu_uuid text DEFAULT ''::text NOT NULL,
    system text DEFAULT ''::text NOT NULL,
    type text DEFAULT ''::text NOT NULL,
    metrics jsonb DEFAULT '{}'::jsonb NOT NULL,
    message text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE public.health_event IS 'What happened to GPUs and nodes, as reported; policies judge it elsewhere.';

COMMENT ON COLUMN public.health_event.gpu_index IS 'Index of the driver; -1 for the node.';

ALTER TABLE public.health_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.health_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.health_report (
    id bigint NOT NULL,
    node_key integer NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    verdict public.health_status NOT NULL,
    results jsonb NOT NULL
);

COMMENT ON TABLE public.health_report IS 'Reports as they came, until retention.';

ALTER TABLE public.health_report ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.health_report_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.health_result (
    node_key integer NOT NULL,
    check_name text NOT NULL COLLATE pg_catalog."C",
    status public.health_status NOT NULL,
    message text DEFAULT ''::text NOT NULL,
    observed_at timestamp with time zone,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL
)
WITH (fillfactor='70');

COMMENT ON TABLE public.health_result IS 'The latest result of each check of each node.';

COMMENT ON COLUMN public.health_result.observed_at IS 'By the agent''s clock; shown, never decided on.';

CREATE TABLE public.instance (
    id text NOT NULL COLLATE pg_catalog."C",
    provider text DEFAULT ''::text NOT NULL,
    region text DEFAULT ''::text NOT NULL,
    zone text DEFAULT ''::text NOT NULL,
    instance_type text DEFAULT ''::text NOT NULL,
    state public.instance_state NOT NULL,
    pool_name text DEFAULT ''::text NOT NULL,
    node_id text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    status_message text DEFAULT ''::text NOT NULL,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ready_at timestamp with time zone,
    terminated_at timestamp with time zone,
    CONSTRAINT instance_id_check CHECK (((length(id) >= 1) AND (length(id) <= 253)))
);

COMMENT ON TABLE public.instance IS 'Machines as the clouds know them, from the request until retention.';

COMMENT ON COLUMN public.instance.node_id IS 'The node that registered on it; empty until then.';

CREATE TABLE public.leadership (
    name text NOT NULL,
    term bigint DEFAULT 0 NOT NULL,
    holder uuid,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (fillfactor='50');

COMMENT ON TABLE public.leadership IS 'The term of each led loop. Every transaction of the loop locks its row FOR SHARE and stops when the term is another.';

COMMENT ON COLUMN public.leadership.holder IS 'Who raised the term; NULL once it resigned.';

CREATE TABLE public.liveness (
    node_key integer NOT NULL,
    reachable boolean DEFAULT true NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    seen_up interval NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='500', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='1', autovacuum_vacuum_cost_delay='0');

COMMENT ON TABLE public.liveness IS 'The latest sign of life of each node that is present; a terminated node has no row. Written with asynchronous commit.';

COMMENT ON COLUMN public.liveness.reachable IS 'False once silent for longer than the timeout on the service clock; unknown is not dead.';

COMMENT ON COLUMN public.liveness.seen_up IS 'What the service clock showed at the latest sign of life.';

CREATE TABLE public.node (
    key integer NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    provider text DEFAULT ''::text NOT NULL,
    region text DEFAULT ''::text NOT NULL,
    zone text DEFAULT ''::text NOT NULL,
    instance_type text DEFAULT ''::text NOT NULL,
    agent_version text DEFAULT ''::text NOT NULL,
    journal_id text DEFAULT ''::text NOT NULL,
    machine_id text DEFAULT ''::text NOT NULL,
    gpus jsonb DEFAULT '[]'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    host jsonb DEFAULT '{}'::jsonb NOT NULL,
    gpu_count integer GENERATED ALWAYS AS (jsonb_array_length(gpus)) STORED,
    lifecycle public.node_lifecycle DEFAULT 'present'::public.node_lifecycle NOT NULL,
    schedule public.node_schedule DEFAULT 'active'::public.node_schedule NOT NULL,
    condition public.node_condition DEFAULT 'ok'::public.node_condition NOT NULL,
    health public.health_status DEFAULT 'unknown'::public.health_status NOT NULL,
    status public.node_status GENERATED ALWAYS AS (
CASE
    WHEN (lifecycle = 'terminated'::public.node_lifecycle) THEN 'terminated'::public.node_status
    WHEN (condition = 'unhealthy'::public.node_condition) THEN 'unhealthy'::public.node_status
    WHEN (schedule = 'draining'::public.node_schedule) THEN 'draining'::public.node_status
    WHEN (schedule = 'cordoned'::public.node_schedule) THEN 'cordoned'::public.node_status
    ELSE 'active'::public.node_status
END) STORED,
    status_reason text DEFAULT ''::text NOT NULL,
    last_health_check timestamp with time zone,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    terminated_at timestamp with time zone,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT node_check CHECK (((lifecycle = 'terminated'::public.node_lifecycle) = (terminated_at IS NOT NULL))),
    CONSTRAINT node_gpus_check CHECK ((jsonb_typeof(gpus) = 'array'::text)),
    CONSTRAINT node_host_check CHECK ((jsonb_typeof(host) = 'object'::text)),
    CONSTRAINT node_id_check CHECK (((length(id) >= 1) AND (length(id) <= 253))),
    CONSTRAINT node_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
    CONSTRAINT node_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text))
)
WITH (fillfactor='80');

COMMENT ON TABLE public.node IS 'One row for each machine that ever registered. Rows stay as tombstones when a node is terminated; nothing deletes them.';

COMMENT ON COLUMN public.node.key IS 'Small integer that stands for the node in other rows, advisory locks (1, key) and notifications.';

COMMENT ON COLUMN public.node.id IS 'Name that the agent chose. Collation "C": page order is the order of bytes.';

COMMENT ON COLUMN public.node.journal_id IS 'Names the agent''s journal; another one makes running commands unknown (C12).';

COMMENT ON COLUMN public.node.machine_id IS 'Of the host''s installation; another one under the same id is a fresh machine.';

COMMENT ON COLUMN public.node.host IS 'Hardware and operating system as the agent found them.';

COMMENT ON COLUMN public.node.schedule IS 'What operators said about scheduling.';

COMMENT ON COLUMN public.node.condition IS 'Sticky verdict of health reports; only uncordon returns it to ok.';

COMMENT ON COLUMN public.node.health IS 'Worst result of the latest report that knew something.';

COMMENT ON COLUMN public.node.status IS 'One word by precedence: terminated, unhealthy, draining, cordoned, active.';

COMMENT ON COLUMN public.node.revision IS 'Grows by one with every change of this row.';

ALTER TABLE public.node ALTER COLUMN key ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.node_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.node_metrics (
    node_key integer NOT NULL,
    sampled_at timestamp with time zone,
    cpu_percent double precision DEFAULT 0 NOT NULL,
    memory_percent double precision DEFAULT 0 NOT NULL,
    gpus bytea DEFAULT '\x'::bytea NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='500', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='1', autovacuum_vacuum_cost_delay='0');
ALTER TABLE ONLY public.node_metrics ALTER COLUMN gpus SET STORAGE EXTERNAL;

COMMENT ON TABLE public.node_metrics IS 'Latest sample of each node. Its row is made at registration, so that heartbeats only update.';

COMMENT ON COLUMN public.node_metrics.sampled_at IS 'NULL until the first sample.';

COMMENT ON COLUMN public.node_metrics.gpus IS 'A version byte 1, then 28 bytes for each GPU, big-endian: index, temperature, watts (int4), utilization (float8), memory used (int8).';

CREATE TABLE public.replica (
    id uuid NOT NULL,
    region text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    version text DEFAULT ''::text NOT NULL,
    schema_min integer NOT NULL,
    schema_max integer NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_seen timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    draining boolean DEFAULT false NOT NULL,
    synchronous_replication boolean DEFAULT false NOT NULL,
    CONSTRAINT replica_check CHECK ((schema_min <= schema_max))
)
WITH (fillfactor='50');

COMMENT ON TABLE public.replica IS 'Runs of navarchd. A contract step looks here for live ones that are older than it allows (C24).';

COMMENT ON COLUMN public.replica.last_seen IS 'Proof of life, once a second.';

COMMENT ON COLUMN public.replica.synchronous_replication IS 'Whether commits waited for a standby when it registered (C26).';

CREATE TABLE public.schema_state (
    only_row boolean DEFAULT true NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    min_binary integer DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT schema_state_min_binary_check CHECK ((min_binary >= 0)),
    CONSTRAINT schema_state_only_row_check CHECK (only_row),
    CONSTRAINT schema_state_version_check CHECK ((version >= 0))
);

CREATE TABLE public.schema_step (
    number integer NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    checksum text NOT NULL,
    baseline boolean DEFAULT false NOT NULL,
    runner text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    done_at timestamp with time zone,
    milliseconds bigint,
    CONSTRAINT schema_step_number_check CHECK ((number > 0)),
    CONSTRAINT schema_step_state_check CHECK ((state = ANY (ARRAY['begun'::text, 'done'::text, 'undoing'::text, 'undone'::text])))
);

CREATE TABLE public.service_clock (
    only_row boolean DEFAULT true NOT NULL,
    up interval DEFAULT '00:00:00'::interval NOT NULL,
    proven_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT service_clock_only_row_check CHECK (only_row)
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='100', autovacuum_vacuum_scale_factor='0');

COMMENT ON TABLE public.service_clock IS 'Counts the time in which heartbeats could be recorded. Every serving replica proves it once a second; a gap over 5 s adds nothing.';

COMMENT ON COLUMN public.service_clock.up IS 'How long heartbeats could be recorded, since the schema was made.';

COMMENT ON COLUMN public.service_clock.proven_at IS 'When a replica last proved that they can.';

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.database_incarnation
    ADD CONSTRAINT database_incarnation_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.feed_head
    ADD CONSTRAINT feed_head_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.health_event
    ADD CONSTRAINT health_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.health_report
    ADD CONSTRAINT health_report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.health_result
    ADD CONSTRAINT health_result_pkey PRIMARY KEY (node_key, check_name);

ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.leadership
    ADD CONSTRAINT leadership_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.liveness
    ADD CONSTRAINT liveness_pkey PRIMARY KEY (node_key);

ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_id_unique UNIQUE (id);

ALTER TABLE ONLY public.node_metrics
    ADD CONSTRAINT node_metrics_pkey PRIMARY KEY (node_key);

ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.replica
    ADD CONSTRAINT replica_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_state
    ADD CONSTRAINT schema_state_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.schema_step
    ADD CONSTRAINT schema_step_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.service_clock
    ADD CONSTRAINT service_clock_pkey PRIMARY KEY (only_row);

CREATE INDEX audit_of_node ON public.audit USING btree (node_key, id);

CREATE UNIQUE INDEX command_idempotency ON public.command USING btree (issued_by, idempotency_key) WHERE (idempotency_key <> ''::text);

CREATE INDEX command_issued ON public.command USING btree (issued_at, id);

CREATE INDEX command_lease_end ON public.command USING btree (lease_until) WHERE (lease_until IS NOT NULL);

CREATE INDEX command_leased ON public.command USING btree (node_key) WHERE (state = 'leased'::public.command_state);

CREATE INDEX command_of_node ON public.command USING btree (node_key, issued_at, id);

CREATE INDEX command_queued ON public.command USING btree (node_key, seq) WHERE (state = 'queued'::public.command_state);

CREATE INDEX command_running ON public.command USING btree (node_key) WHERE (state = 'running'::public.command_state);

CREATE UNIQUE INDEX event_position ON public.event USING btree (pos) WHERE (pos IS NOT NULL);

CREATE UNIQUE INDEX event_unsequenced ON public.event USING btree (id) WHERE (pos IS NULL);

CREATE INDEX health_event_age ON public.health_event USING btree (received_at);

CREATE INDEX health_event_of_node ON public.health_event USING btree (node_key, id);

CREATE INDEX health_report_age ON public.health_report USING btree (received_at);

CREATE INDEX health_report_of_node ON public.health_report USING btree (node_key, id);

CREATE INDEX instance_of_pool ON public.instance USING btree (pool_name, id);

CREATE INDEX node_labels ON public.node USING gin (labels);

ALTER TABLE ONLY public.health_event
    ADD CONSTRAINT health_event_node_key_fkey FOREIGN KEY (node_key) REFERENCES public.node(key);

ALTER TABLE ONLY public.health_report
    ADD CONSTRAINT health_report_node_key_fkey FOREIGN KEY (node_key) REFERENCES public.node(key);

ALTER TABLE ONLY public.health_result
    ADD CONSTRAINT health_result_node_key_fkey FOREIGN KEY (node_key) REFERENCES public.node(key);

ALTER TABLE ONLY public.liveness
    ADD CONSTRAINT liveness_node_key_fkey FOREIGN KEY (node_key) REFERENCES public.node(key);

ALTER TABLE ONLY public.node_metrics
    ADD CONSTRAINT node_metrics_node_key_fkey FOREIGN KEY (node_key) REFERENCES public.node(key);

