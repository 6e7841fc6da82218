// SPDX-License-Identifier: MIT
/// The stores over PostgreSQL: SQL under `Queries/`, row decoding under `Rows/`, one extension of ``PostgresStore`` for each aggregate.
///
/// This module must never decide what a change means for the fleet (NavarchModel does), never use the machine's wall clock (the database's
/// is the only one), and never hold SQL outside of `Queries/`.
import Logging
import NavarchModel
import NavarchStore
import Postgres
