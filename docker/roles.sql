-- SPDX-License-Identifier: MIT
-- The role that replicas and migrate use, for `make ha` and for compose alike. Timeouts are settings of the role, because a pooler in
-- transaction mode passes neither SET nor startup options on.
CREATE ROLE navarch LOGIN;
ALTER ROLE navarch SET statement_timeout = '10s';
ALTER ROLE navarch SET lock_timeout = '5s';
ALTER ROLE navarch SET idle_in_transaction_session_timeout = '3s';
-- The tables that matter are in memory. With the default of 4, a batch of heartbeats reads all of a fleet of a few thousand nodes instead of
-- its own rows: 1.3 ms instead of 0.6 ms for 64 of 5,000 (decision 0233).
ALTER ROLE navarch SET random_page_cost = '1.1';
CREATE DATABASE navarch OWNER navarch;
