// SPDX-License-Identifier: MIT
import NavarchModel

/// A loop that only one replica may run at a time (C15).
public struct LoopName: Hashable, Sendable, CustomStringConvertible {
    /// As in the `leadership` row.
    public let rawValue: String
    /// Names a loop.
    public init(_ rawValue: String) { self.rawValue = rawValue }
    /// The name.
    public var description: String { rawValue }

    /// Requeues what lapsed, expires, ends what overran.
    public static let commandUpkeep = LoopName("command-upkeep")
    /// Judges who is silent.
    public static let liveness = LoopName("liveness")
    /// Deletes what retention no longer keeps, and replicas long gone.
    public static let housekeeping = LoopName("housekeeping")
    /// All of them.
    public static let all: [LoopName] = [.commandUpkeep, .liveness, .housekeeping]
}

/// The right to act for a loop: valid while its row holds this number. Every transaction of the loop locks it first (C15).
public struct Term: Hashable, Sendable {
    /// Of which loop.
    public var loop: LoopName
    /// Grows by one with each leader.
    public var number: Int64

    /// A term of one loop.
    public init(loop: LoopName, number: Int64) {
        self.loop = loop
        self.number = number
    }
}

/// What came through LISTEN. Says only where to look again (C1).
public enum Change: Equatable, Sendable {
    /// Something is new for these nodes' agents.
    case commands([NodeKey])
    /// Events wait for the sequencer, or were sequenced.
    case feed
    /// The replica's own canary (C4).
    case canary(String)
}

/// The replica's one session connection (C6): LISTEN, leadership locks, pings. When it dies every method throws and `changes` ends.
public protocol CoordinationSession: Sendable {
    /// What came through LISTEN, from the moment that the session opened; bounded: when the reader is slow, older ones are dropped.
    var changes: AsyncStream<Change> { get }

    /// Takes the loop's lock if it is free, and raises its term; nil when another holds it.
    func tryLead(_ loop: LoopName, as replica: ReplicaID) async throws(StoreError) -> Term?

    /// Frees the loop's lock.
    func resign(_ loop: LoopName) async throws(StoreError)

    /// One round trip on the session.
    func ping() async throws(StoreError)
}

/// Replicas among each other.
public protocol CoordinationStore: Sendable {
    /// Opens the session connection, listening to changes and to the replica's own canary channel, and closes it after `body`.
    /// - Throws: what `body` throws, or `.unavailable`.
    func withSession<Result: Sendable>(
        of replica: ReplicaID, _ body: @Sendable (any CoordinationSession) async throws -> Result
    ) async throws -> Result

    /// One NOTIFY through the pool, after the commit that it tells of (C3). Splits payloads over 8,000 bytes.
    func notify(_ changes: [Change]) async throws(StoreError)

    /// A canary for the replica itself, through the pool (C4).
    func sendCanary(_ token: String, to replica: ReplicaID) async throws(StoreError)

    /// How full the server's notification queue is, 0 to 1 (C4).
    func notificationQueueUsage() async throws(StoreError) -> Double
}

/// What a replica learns when it registers.
public struct ReplicaRegistration: Equatable, Sendable {
    /// The schema that the database is at.
    public var schemaVersion: Int32
    /// Whether commits wait for a standby (C26).
    public var synchronousReplication: Bool

    /// What it learns.
    public init(schemaVersion: Int32, synchronousReplication: Bool) {
        self.schemaVersion = schemaVersion
        self.synchronousReplication = synchronousReplication
    }
}

/// The verdict of the two-sided gate (C24).
public enum SchemaGate: Equatable, Sendable {
    case open(ReplicaRegistration)
    /// The database is behind: wait, not ready, for it to come.
    case waiting(schemaVersion: Int32)
    /// The database is past this binary, or demands a newer one: refuse.
    case refused(reason: String)
}

/// Replicas as the database knows them.
public protocol ReplicaStore: Sendable {
    /// Reads the schema's row FOR SHARE and registers, in one transaction (C24); again at every reconnect. Renews the incarnation when this
    /// is another timeline (C27).
    func register(_ replica: Replica) async throws(StoreError) -> SchemaGate

    /// Proof of life; also proves the service clock, through the same pool and commit mode as heartbeats (C19).
    func beat(_ id: ReplicaID, draining: Bool) async throws(StoreError)

    /// All that are not long gone, oldest first, and the schema's version.
    func replicas() async throws(StoreError) -> (replicas: [Replica], schemaVersion: Int32)

    /// Leaves for good.
    func deregister(_ id: ReplicaID) async throws(StoreError)
}

/// A node that was silent for longer than the timeout, on the service clock.
public struct StaleNode: Equatable, Sendable {
    /// Which.
    public var key: NodeKey
    /// Its name.
    public var id: NodeID
    /// Where, for the zone rule (C20).
    public var zone: String

    /// One silent node.
    public init(key: NodeKey, id: NodeID, zone: String) {
        self.key = key
        self.id = id
        self.zone = zone
    }
}

/// What the led loops do. Each method locks the term first and throws `.stale` when it is over (C15).
public protocol UpkeepStore: Sendable {
    /// Requeues, expires or gives up on lapsed leases, at most 64 nodes; returns the nodes to wake. `maxExpiries` is the attempts allowed.
    func expireLeases(_ term: Term, maxExpiries: Int32) async throws(StoreError) -> [NodeKey]

    /// Expires queued commands whose time to live is over. Returns how many.
    func expireQueued(_ term: Term, limit: Int) async throws(StoreError) -> Int

    /// Marks running commands without renewals out of contact; ends those past their run deadline, counted on the service clock, as unknown.
    /// Returns how many ended.
    func judgeRunning(_ term: Term, limit: Int) async throws(StoreError) -> Int

    /// Silent nodes that are still called reachable, at most `limit`; none when the service clock was not proven in the last 5 s (C19).
    /// With some, how all zones fare (C20); without, no zones.
    func staleNodes(_ term: Term, timeout: Duration, limit: Int) async throws(StoreError) -> (
        stale: [StaleNode], zones: [String: LivenessVerdict.Zone]
    )

    /// Locks the liveness rows, judges them again, and marks those still silent unreachable. Returns the marked.
    func markUnreachable(_ term: Term, _ keys: [NodeKey], timeout: Duration, reason: String) async throws(StoreError)
        -> [NodeKey]

    /// Deletes terminal commands, events, health records and dead replicas older than `retention`, at most `limit` rows of each. Returns
    /// how many rows went.
    func prune(_ term: Term, retention: Retention, limit: Int) async throws(StoreError) -> Int
}

/// How long rows are kept after they stopped mattering.
public struct Retention: Equatable, Sendable {
    /// Terminal commands, and with them their idempotency keys.
    public var commands: Duration
    /// Feed events; a cursor older than this is told to list again.
    public var events: Duration
    /// Health reports, beyond the latest of each check.
    public var healthReports: Duration
    /// Replicas not seen.
    public var replicas: Duration

    /// Thirty days of commands, a week of events and reports, a day of dead replicas.
    public init(
        commands: Duration = .seconds(30 * 86_400), events: Duration = .seconds(7 * 86_400),
        healthReports: Duration = .seconds(7 * 86_400),
        replicas: Duration = .seconds(86_400)
    ) {
        self.commands = commands
        self.events = events
        self.healthReports = healthReports
        self.replicas = replicas
    }
}

/// The change feed (C22).
public protocol FeedStore: Sendable {
    /// Gives positions to events that have none, in id order. Returns how many.
    func sequence(limit: Int) async throws(StoreError) -> Int

    /// Where the feed ends now.
    func head() async throws(StoreError) -> FeedCursor

    /// Events after the cursor, in order.
    /// - Throws: `.refused`: another incarnation, or older than retention: list again.
    func events(after cursor: FeedCursor, limit: Int) async throws(StoreError) -> [FeedEvent]
}

/// Cloud instances, read only.
public protocol InstanceStore: Sendable {
    /// Instances in order of id. Empty strings and nil do not filter.
    func instances(
        provider: String, region: String, state: InstanceState?, pool: String, limit: Int, after token: String?
    ) async throws(StoreError) -> Page<Instance>

    /// One instance.
    /// - Throws: `.notFound`.
    func instance(_ id: String) async throws(StoreError) -> Instance
}
