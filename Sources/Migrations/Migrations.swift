// SPDX-License-Identifier: MIT
//
// Migrations: numbered SQL files and the engine that brings a database to them (C23-C25).
//
// It must never: run through a pooler (its lock is its session's), wait for its lock inside a transaction (that deadlocks
// with CREATE INDEX CONCURRENTLY), cancel a statement by a cancel request, decide by a clock other than the database's,
// or know more of the fleet than the columns of `replica` that the contract gate reads (C24).
//
// The engine's own two tables are made by the engine, not by a numbered file: a step is recorded as begun *before* it
// runs, so the place to record it must be there before step 1 (docs/internals/migrations.md).
