// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import NavarchStore

/// A store that has whatever it is asked for, so that every handler goes its whole way. It remembers nothing: an input's effect must not
/// depend on the inputs before it.
struct FuzzStore: Sendable {
    private static let now = Timestamp(microseconds: 1_790_000_000_000_000)
    private static let key = NodeKey(1)
    private static let incarnation = UUID(uuid: (1, 2, 3, 4, 5, 6, 0x47, 8, 0x89, 10, 11, 12, 13, 14, 15, 16))

    private func fail<Result>(_ code: StoreError.Code) throws(StoreError) -> Result {
        throw StoreError(code, operation: "fuzz")
    }

    private func node(_ id: NodeID, _ registration: NodeRegistration = NodeRegistration()) -> Node {
        Node(id: id, key: Self.key, registration: registration, lastSeen: Self.now, registeredAt: Self.now)
    }

    private func command(_ id: CommandID, _ node: NodeID, _ request: CommandRequest) -> Command {
        Command(
            id: id, nodeID: node, nodeKey: Self.key, sequence: 1, type: request.type, parameters: request.parameters,
            reason: request.reason, issuedBy: request.issuedBy, idempotencyKey: request.idempotencyKey, state: .queued,
            attempt: 0, issuedAt: Self.now, notAfter: Self.now + request.timeToLive, runTimeout: request.runTimeout)
    }

    private var sample: CommandRequest { CommandRequest(type: .runDiagnostic, issuedBy: "operator") }
}

extension FuzzStore: NodeStore {
    func register(_ id: NodeID, _ registration: NodeRegistration) async throws(StoreError) -> RegistrationOutcome {
        RegistrationOutcome(node: node(id, registration), isNew: true, lostRunning: 0)
    }
    func keys(of ids: [NodeID]) async throws(StoreError) -> [NodeID: NodeLookup] {
        var found: [NodeID: NodeLookup] = [:]
        for id in ids where !id.rawValue.hasPrefix("u") {
            found[id] = id.rawValue.hasPrefix("t") ? .terminated(Self.key) : .present(Self.key)
        }
        return found
    }
    func recordHeartbeats(_ heartbeats: [Heartbeat]) async throws(StoreError) -> [NodeKey: HeartbeatOutcome] {
        Dictionary(heartbeats.map { ($0.key, .recorded) }) { one, _ in one }
    }
    func reportHealth(
        of id: NodeID, results: [HealthCheckResult], events: [HealthEvent], verdict: HealthStatus
    ) async throws(StoreError) -> Node { node(id) }
    func node(_ id: NodeID) async throws(StoreError) -> NodeDetail {
        NodeDetail(node: node(id, NodeRegistration()), healthResults: [], metrics: NodeMetrics())
    }
    func nodes(_ filter: NodeFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<Node> {
        if filter.labels?.matches(["zone": "a"]) == false { return Page([], next: nil) }
        return Page([node(NodeID("n-1"), NodeRegistration())], next: token == nil ? "n:n-1" : nil)
    }
    func nodes(named ids: [NodeID]) async throws(StoreError) -> [Node] { ids.map { node($0, NodeRegistration()) } }
    func census() async throws(StoreError) -> FleetCensus { FleetCensus() }
}

extension FuzzStore: CommandStore {
    func issue(_ request: CommandRequest, for node: NodeID, id: CommandID) async throws(StoreError) -> IssueOutcome {
        IssueOutcome(command: command(id, node, request), wasRepeated: false)
    }
    func issue(_ calls: [IssueCall]) async throws(StoreError) -> [Result<IssueOutcome, StoreError>] {
        calls.map { call in
            .success(IssueOutcome(command: command(call.id, call.node, call.request), wasRepeated: false))
        }
    }
    func issue(
        _ request: CommandRequest, forEach nodes: [(NodeID, CommandID)]
    ) async throws(StoreError) -> [BulkIssue] {
        nodes.map { node, id in
            .issued(node, IssueOutcome(command: command(id, node, request), wasRepeated: false))
        }
    }
    func command(_ id: CommandID) async throws(StoreError) -> Command { command(id, NodeID("n-1"), sample) }
    func commands(
        _ filter: CommandFilter, limit: Int, after token: String?
    ) async throws(StoreError) -> Page<Command> {
        if token != nil { return try fail(.refused) }
        return Page([command(CommandID(Self.incarnation), filter.nodeID ?? NodeID("n-1"), sample)], next: nil)
    }
    func cancel(_ id: CommandID, by actor: String, reason: String) async throws(StoreError) -> CancelOutcome {
        .requested(command(id, NodeID("n-1"), sample))
    }
}

extension FuzzStore: LeaseStore {
    func lease(
        for nodes: [NodeKey], limit: Int, lease: LeaseID, duration: Duration, replica: ReplicaID
    ) async throws(StoreError) -> LeaseBatch { LeaseBatch(commands: leased(nodes, lease), busy: []) }
    func leased(under lease: LeaseID) async throws(StoreError) -> [LeasedCommand] { leased([Self.key], lease) }
    func giveBack(_ tokens: [LeaseToken]) async throws(StoreError) -> [NodeKey] { [Self.key] }
    func acknowledge(_ batches: [NodeLeases], duration: Duration) async throws(StoreError) -> [[CommandID]] {
        batches.map { $0.tokens.prefix(1).map(\.command) }
    }
    func renew(_ tokens: [LeaseToken], of node: NodeKey, duration: Duration) async throws(StoreError) -> RenewOutcome {
        RenewOutcome(renewed: tokens.prefix(1).map(\.command), cancelRequested: tokens.suffix(1).map(\.command))
    }
    func reportProgress(
        _ progress: CommandProgress, of token: LeaseToken, node: NodeKey
    ) async throws(StoreError) -> Bool { progress.percent > 50 }
    func complete(_ reports: [CompletionReport]) async throws(StoreError) -> [Result<Void, StoreError>] {
        reports.map { report in
            report.token.attempt > 1 ? .failure(StoreError(.stale, operation: "fuzz")) : .success(())
        }
    }
    func leaseAndClose(
        for node: NodeKey, limit: Int, lease: LeaseID, replica: ReplicaID
    ) async throws(StoreError) -> [LeasedCommand] { leased([node], lease) }
    func work(for nodes: [NodeKey]) async throws(StoreError) -> NodeWork {
        NodeWork(queued: Set(nodes), cancelRequests: [:])
    }
    func queuedNodes() async throws(StoreError) -> [NodeKey] { [] }

    private func leased(_ nodes: [NodeKey], _ lease: LeaseID) -> [LeasedCommand] {
        nodes.map { node in
            LeasedCommand(
                nodeKey: node, sequence: 1,
                token: LeaseToken(command: CommandID(Self.incarnation), attempt: 1, lease: lease), type: .drain,
                parameters: [:], reason: "", issuedAt: Self.now, runTimeout: .seconds(60))
        }
    }
}

extension FuzzStore: CoordinationStore, ReplicaStore, UpkeepStore, FeedStore, InstanceStore {
    func withSession<Result: Sendable>(
        of replica: ReplicaID, _ body: @Sendable (any CoordinationSession) async throws -> Result
    ) async throws -> Result { try fail(.unavailable) }
    func notify(_ changes: [Change]) async throws(StoreError) {}
    func sendCanary(_ token: String, to replica: ReplicaID) async throws(StoreError) {}
    func notificationQueueUsage() async throws(StoreError) -> Double { 0 }
    func register(_ replica: Replica) async throws(StoreError) -> SchemaGate {
        .open(ReplicaRegistration(schemaVersion: 1, synchronousReplication: false))
    }
    func beat(_ id: ReplicaID, draining: Bool) async throws(StoreError) {}
    func replicas() async throws(StoreError) -> (replicas: [Replica], schemaVersion: Int32) { ([], 1) }
    func deregister(_ id: ReplicaID) async throws(StoreError) {}
    func expireLeases(_ term: Term, maxExpiries: Int32) async throws(StoreError) -> [NodeKey] { [] }
    func expireQueued(_ term: Term, limit: Int) async throws(StoreError) -> Int { 0 }
    func judgeRunning(_ term: Term, limit: Int) async throws(StoreError) -> Int { 0 }
    func staleNodes(
        _ term: Term, timeout: Duration, limit: Int
    ) async throws(StoreError) -> (stale: [StaleNode], zones: [String: LivenessVerdict.Zone]) { ([], [:]) }
    func markUnreachable(
        _ term: Term, _ keys: [NodeKey], timeout: Duration, reason: String
    ) async throws(StoreError) -> [NodeKey] { [] }
    func prune(_ term: Term, retention: Retention, limit: Int) async throws(StoreError) -> Int { 0 }
    func sequence(limit: Int) async throws(StoreError) -> Int { 0 }
    func head() async throws(StoreError) -> FeedCursor { FeedCursor(incarnation: Self.incarnation, position: 7) }
    func events(after cursor: FeedCursor, limit: Int) async throws(StoreError) -> [FeedEvent] { [] }
    func instances(
        provider: String, region: String, state: InstanceState?, pool: String, limit: Int, after token: String?
    ) async throws(StoreError) -> Page<Instance> { Page([madeUp("i-1")], next: nil) }
    func instance(_ id: String) async throws(StoreError) -> Instance { madeUp(id) }

    private func madeUp(_ id: String) -> Instance {
        Instance(
            id: id, provider: "p", region: "r", zone: "z", instanceType: "t", state: .running, poolName: "pool",
            createdAt: Self.now, readyAt: nil, terminatedAt: nil, nodeID: "n-1", statusMessage: "", labels: [:])
    }
}
