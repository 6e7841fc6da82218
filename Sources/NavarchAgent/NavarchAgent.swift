// SPDX-License-Identifier: MIT
/// The agent of one node: facts of its host, its journal, its session with the control plane, and what commands do.
///
/// This module never touches a store, never invents a fact, and holds no global state: many agents can live in one process.
