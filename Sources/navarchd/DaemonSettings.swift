// SPDX-License-Identifier: MIT
import Logging
import NavarchControl

/// Everything that one replica is told from outside.
struct DaemonSettings: Sendable {
    /// Where to listen.
    var host = "127.0.0.1"
    /// Where to listen; 0 takes a free port.
    var port = 50_051
    /// Where others reach this replica; empty: where it listens.
    var advertise = ""
    /// Where it runs.
    var region = ""
    /// The pool's database; may lead through PgBouncer in transaction mode (C5).
    var database = ""
    /// Straight to the primary: LISTEN and locks (C6); empty: as `database`.
    var sessionDatabase = ""
    /// Connections in the pool.
    var poolSize = 4
    /// Shared bearer tokens; none leaves every path open.
    var tokens: [String] = []
    /// What the control plane is told.
    var control = ControlSettings()
    /// How long balancers get to see that the replica is not ready, before its port closes.
    var drainNotice = Duration.seconds(1)
    /// How long calls in flight may go on after that.
    var drainGrace = Duration.seconds(30)
    /// A folder of migrations to take the schema range from; nil: from those that this binary carries.
    var migrations: String?
    /// What is logged.
    var logLevel = Logger.Level.info
}
