// SPDX-License-Identifier: MIT

// An async client of PostgreSQL on libpq: many tasks share a few pipelined connections.
//
// This module must never: send a cancel request (it can hit a neighbour's statement), splice a value into SQL text, report
// something as done whose answer did not come, log or throw a parameter's value, block a task's thread.
