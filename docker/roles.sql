-- SPDX-License-Identifier: MIT
-- The role that replicas and migrate use, for `make ha` and for compose alike. Timeouts are settings of the role, because a pooler in
-- transaction mode passes neither SET nor startup options on.
CREATE ROLE navarch LOGIN;
ALTER ROLE navarch SET statement_timeout = '10s';
ALTER ROLE navarch SET lock_timeout = '5s';
ALTER ROLE navarch SET idle_in_transaction_session_timeout = '3s';
CREATE DATABASE navarch OWNER navarch;
