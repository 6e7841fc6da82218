// SPDX-License-Identifier: MIT

/// A named share of the pool: each has a queue of its own, and some have room in the pipelines that others cannot take (C7).
public enum PostgresShare: Sendable, Hashable, CaseIterable {
    /// Everything that may be shed first.
    case general
    /// What must still pass when the rest is shed.
    case reserved
}

/// How statements are sent.
public enum PostgresStatementNaming: Sendable {
    /// Named (prepared once per connection), but unnamed through a connection pooler.
    case automatic
    /// Always named: for poolers that keep track of names (PgBouncer 1.21 and later).
    case named
    /// Never named.
    case unnamed
}

/// How to reach a server and how much to ask of it.
public struct PostgresConfiguration: Sendable {
    /// A libpq connection string: a URI or `key=value` pairs, with several hosts if wanted. What it sets wins over what is
    /// set here. Environment variables count as they do for every libpq program.
    public var conninfo: String
    /// Connections in the pool.
    public var poolSize = 4
    /// Units on their way per connection at most.
    public var pipelineDepth = 64
    /// The same through a pooler, unless statements are `.named`. PgBouncer before 1.21 hands a server on when it answers one
    /// unit and has passed on only a part of the next; one at a time cannot be torn apart so (decision 0232).
    public var pooledPipelineDepth = 1
    /// How many of those only the reserved share may use.
    public var reservedDepth = 16
    /// Transactions that hold a connection at once at most; nil: all connections but one.
    public var maximumTransactions: Int?
    /// How statements are sent.
    public var statementNaming = PostgresStatementNaming.automatic
    /// Time to make a connection, checks included.
    public var connectTimeout = Duration.seconds(5)
    /// TCP keepalives: idle time before the first.
    public var keepaliveIdle = Duration.seconds(2)
    /// TCP keepalives: time between them.
    public var keepaliveInterval = Duration.seconds(1)
    /// TCP keepalives: unanswered ones until the connection counts as dead.
    public var keepaliveCount = 3
    /// How long written bytes may stay unacknowledged.
    public var tcpUserTimeout = Duration.seconds(4)
    /// A unit's deadline where the caller gives none.
    public var defaultDeadline = Duration.seconds(10)
    /// How long a connection may stay silent past the deadline of a unit before it is closed.
    public var overdueGrace = Duration.seconds(2)
    /// Units of the general share that may wait for room.
    public var queueLimit = 8_192
    /// Units of the reserved share that may wait for room.
    public var reservedQueueLimit = 8_192
    /// How long a unit may wait for room.
    public var queueTime = Duration.seconds(5)
    /// The first wait before connecting again; doubled each time, with jitter.
    public var initialBackoff = Duration.milliseconds(50)
    /// The longest wait before connecting again.
    public var maximumBackoff = Duration.seconds(1)
    /// How long a shutdown waits for what is on its way.
    public var shutdownTimeout = Duration.seconds(5)
    /// What the server's views call these connections.
    public var applicationName: String?
    /// Whether every new connection must prove to be to a primary (C4).
    public var requirePrimary = true
    /// Settings made when a session starts, as by SET. Not for pools: a pooler would hand them to others.
    public var settings: [String: String] = [:]
    /// Notifications a session keeps for a slow reader; the oldest are dropped beyond that.
    public var notificationBuffer = 4_096

    /// The defaults, for the server at `conninfo`.
    public init(conninfo: String) {
        self.conninfo = conninfo
    }
}
