// SPDX-License-Identifier: MIT
import Locks
import NavarchModel
import NavarchStore

/// A database in trouble: every method is counted and throws the same. For what the API says then, and for requests that
/// must never come so far.
final class FailingStore: Sendable {
    let code: StoreError.Code
    let message: String
    private let count = Mutex(0)

    init(_ code: StoreError.Code, message: String = "") {
        self.code = code
        self.message = message
    }

    /// How often it was asked for anything that a client could cause.
    var calls: Int { count.withLock { $0 } }

    func fail<Result>(counting isCounted: Bool = true) throws(StoreError) -> Result {
        if isCounted { count.withLock { $0 += 1 } }
        throw StoreError(code, operation: "test", message: message, cause: Cause())
    }

    /// What a log may say, and a client never.
    struct Cause: Error, CustomStringConvertible { let description = "secret: password=hunter2" }
}

extension FailingStore: NodeStore {
    func register(_: NodeID, _: NodeRegistration) async throws(StoreError) -> RegistrationOutcome { try fail() }
    func keys(of _: [NodeID]) async throws(StoreError) -> [NodeID: NodeLookup] { try fail() }
    func recordHeartbeats(_: [Heartbeat]) async throws(StoreError) -> [NodeKey: HeartbeatOutcome] { try fail() }
    func reportHealth(
        of _: NodeID, results _: [HealthCheckResult], events _: [HealthEvent], verdict _: HealthStatus
    ) async throws(StoreError) -> Node { try fail() }
    func node(_: NodeID) async throws(StoreError) -> NodeDetail { try fail() }
    func nodes(_: NodeFilter, limit _: Int, after _: String?) async throws(StoreError) -> Page<Node> { try fail() }
    func nodes(named _: [NodeID]) async throws(StoreError) -> [Node] { try fail() }
    func census() async throws(StoreError) -> FleetCensus { try fail(counting: false) }
}

extension FailingStore: CommandStore {
    func issue(_: CommandRequest, for _: NodeID, id _: CommandID) async throws(StoreError) -> IssueOutcome {
        try fail()
    }
    func issue(_: [IssueCall]) async throws(StoreError) -> [Result<IssueOutcome, StoreError>] { try fail() }
    func issue(_: CommandRequest, forEach _: [(NodeID, CommandID)]) async throws(StoreError) -> [BulkIssue] {
        try fail()
    }
    func command(_: CommandID) async throws(StoreError) -> Command { try fail() }
    func commands(_: CommandFilter, limit _: Int, after _: String?) async throws(StoreError) -> Page<Command> {
        try fail()
    }
    func cancel(_: CommandID, by _: String, reason _: String) async throws(StoreError) -> CancelOutcome { try fail() }
}

extension FailingStore: LeaseStore {
    func lease(
        for _: [NodeKey], limit _: Int, lease _: LeaseID, duration _: Duration, replica _: ReplicaID
    ) async throws(StoreError) -> LeaseBatch { try fail() }
    func leased(under _: LeaseID) async throws(StoreError) -> [LeasedCommand] { try fail() }
    func giveBack(_: [LeaseToken]) async throws(StoreError) -> [NodeKey] { try fail() }
    func acknowledge(_: [NodeLeases], duration _: Duration) async throws(StoreError) -> [[CommandID]] { try fail() }
    func renew(_: [LeaseToken], of _: NodeKey, duration _: Duration) async throws(StoreError) -> RenewOutcome {
        try fail()
    }
    func reportProgress(_: CommandProgress, of _: LeaseToken, node _: NodeKey) async throws(StoreError) -> Bool {
        try fail()
    }
    func complete(_: [CompletionReport]) async throws(StoreError) -> [Result<Void, StoreError>] { try fail() }
    func leaseAndClose(
        for _: NodeKey, limit _: Int, lease _: LeaseID, replica _: ReplicaID
    ) async throws(StoreError) -> [LeasedCommand] { try fail() }
    func work(for _: [NodeKey]) async throws(StoreError) -> NodeWork { try fail() }
    func queuedNodes() async throws(StoreError) -> [NodeKey] { try fail(counting: false) }
}

extension FailingStore: CoordinationStore, ReplicaStore, UpkeepStore, FeedStore, InstanceStore {
    func withSession<Result: Sendable>(
        of _: ReplicaID, _: @Sendable (any CoordinationSession) async throws -> Result
    ) async throws -> Result { try fail(counting: false) }
    func notify(_: [Change]) async throws(StoreError) { try fail(counting: false) as Void }
    func sendCanary(_: String, to _: ReplicaID) async throws(StoreError) { try fail(counting: false) as Void }
    func notificationQueueUsage() async throws(StoreError) -> Double { try fail(counting: false) }
    func register(_: Replica) async throws(StoreError) -> SchemaGate { try fail(counting: false) }
    func beat(_: ReplicaID, draining _: Bool) async throws(StoreError) { try fail(counting: false) as Void }
    func replicas() async throws(StoreError) -> (replicas: [Replica], schemaVersion: Int32) { try fail() }
    func deregister(_: ReplicaID) async throws(StoreError) { try fail(counting: false) as Void }
    func expireLeases(_: Term, maxExpiries _: Int32) async throws(StoreError) -> [NodeKey] { try fail(counting: false) }
    func expireQueued(_: Term, limit _: Int) async throws(StoreError) -> Int { try fail(counting: false) }
    func judgeRunning(_: Term, limit _: Int) async throws(StoreError) -> Int { try fail(counting: false) }
    func staleNodes(
        _: Term, timeout _: Duration, limit _: Int
    ) async throws(StoreError) -> (stale: [StaleNode], zones: [String: LivenessVerdict.Zone]) {
        try fail(counting: false)
    }
    func markUnreachable(
        _: Term, _: [NodeKey], timeout _: Duration, reason _: String
    ) async throws(StoreError) -> [NodeKey] { try fail(counting: false) }
    func prune(_: Term, retention _: Retention, limit _: Int) async throws(StoreError) -> Int {
        try fail(counting: false)
    }
    func sequence(limit _: Int) async throws(StoreError) -> Int { try fail(counting: false) }
    func head() async throws(StoreError) -> FeedCursor { try fail() }
    func events(after _: FeedCursor, limit _: Int) async throws(StoreError) -> [FeedEvent] { try fail() }
    func instances(
        provider _: String, region _: String, state _: InstanceState?, pool _: String, limit _: Int, after _: String?
    ) async throws(StoreError) -> Page<Instance> { try fail() }
    func instance(_: String) async throws(StoreError) -> Instance { try fail() }
}
