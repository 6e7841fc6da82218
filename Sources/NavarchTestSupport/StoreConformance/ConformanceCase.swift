// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

/// All that a store has to be.
public typealias ConformingStore = NodeStore & CommandStore & LeaseStore & ReplicaStore & UpkeepStore & FeedStore
    & CoordinationStore
    & InstanceStore

/// One fact that holds for every store, tried on an empty one.
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// The fact.
    public let name: String
    private let body: @Sendable (any ConformingStore) async throws -> Void

    /// A fact and how to try it.
    init(_ name: String, _ body: @escaping @Sendable (any ConformingStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Tries it on `store`, which is empty.
    /// - Throws: `ConformanceFailure` when it does not hold.
    public func run(on store: any ConformingStore) async throws { try await body(store) }

    /// The fact, for the test's log.
    public var description: String { name }

    /// All facts.
    public static let all: [ConformanceCase] =
        StoreConformance.nodes + StoreConformance.issuing + StoreConformance.leasing + StoreConformance.reporting
        + StoreConformance.upkeep + StoreConformance.coordination + StoreConformance.feed
}

/// A fact that did not hold.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was found.
    public let description: String
}

/// The facts, by aggregate.
enum StoreConformance {
    static let replica = ReplicaID(UUID())

    /// Holds, or the case fails with `what`.
    static func confirm(_ holds: Bool, _ what: @autoclosure () -> String, line: Int = #line) throws {
        if !holds { throw ConformanceFailure(description: "line \(line): \(what())") }
    }

    /// Equal, or the case fails with both.
    static func same<Value: Equatable>(_ left: Value, _ right: Value, line: Int = #line) throws {
        try confirm(left == right, "\(left) is not \(right)", line: line)
    }

    /// Fails with `code`, or the case fails.
    static func fails<Result>(
        _ code: StoreError.Code, line: Int = #line, _ body: () async throws -> Result
    ) async throws {
        do {
            _ = try await body()
        } catch let error as StoreError where error.code == code {
            return
        }
        throw ConformanceFailure(description: "line \(line): no \(code) was thrown")
    }

    /// A registered node.
    static func registered(
        _ id: String, in store: any ConformingStore, machine: String = "m1", journal: String = "j1",
        labels: [String: String] = [:]
    ) async throws -> Node {
        try await store.register(NodeID(id), registration(machine: machine, journal: journal, labels: labels)).node
    }

    static func registration(
        machine: String = "m1", journal: String = "j1", labels: [String: String] = [:]
    ) -> NodeRegistration {
        var registration = NodeRegistration()
        registration.provider = "gcp"
        registration.region = "r1"
        registration.zone = "z1"
        registration.host.machineID = machine
        registration.host.cpuCount = 8
        registration.host.disks = [HostFacts.Disk()]
        registration.journalID = journal
        registration.metadata.labels = labels
        registration.metadata.internalIP = "10.0.0.1"
        var gpu = GPU()
        gpu.uuid = "GPU-1"
        gpu.pciBusID = "0000:01:00.0"
        registration.gpus = [gpu, gpu]
        return registration
    }

    static func request(
        _ type: CommandType = .runDiagnostic, key: String = "", timeToLive: Duration = .seconds(3600),
        runTimeout: Duration? = nil
    ) -> CommandRequest {
        CommandRequest(
            type: type, parameters: ["test": "disk"], reason: "why", issuedBy: "operator", idempotencyKey: key,
            timeToLive: timeToLive,
            runTimeout: runTimeout)
    }

    static func issue(_ store: any ConformingStore, _ request: CommandRequest, for node: Node) async throws -> Command {
        try await store.issue(request, for: node.id, id: CommandID(UUID())).command
    }

    static func lease(
        _ store: any ConformingStore, _ node: Node, limit: Int = 16, duration: Duration = .seconds(60)
    ) async throws -> [LeasedCommand] {
        try await store.lease(
            for: [node.key], limit: limit, lease: LeaseID(UUID()), duration: duration, replica: replica
        ).commands
    }

    /// Issues, leases and acknowledges one command.
    static func running(
        _ store: any ConformingStore, _ node: Node, _ request: CommandRequest = request()
    ) async throws -> LeaseToken {
        _ = try await issue(store, request, for: node)
        let batch = try await lease(store, node)
        guard let token = batch.first?.token else { throw ConformanceFailure(description: "nothing was leased") }
        try same(try await store.acknowledge([token], of: node.key, duration: .seconds(60)), [token.command])
        return token
    }

    /// A term of one loop, in a session that lasts as long as `body`.
    static func leading(
        _ loop: LoopName, _ store: any ConformingStore, _ body: @escaping @Sendable (Term) async throws -> Void
    ) async throws {
        let replica = ReplicaID(UUID())
        try await store.withSession(of: replica) { session in
            guard let term = try await session.tryLead(loop, as: replica) else {
                throw ConformanceFailure(description: "\(loop) could not be led")
            }
            try await body(term)
        }
    }

    /// A registered replica that has proved the clock.
    static func beating(_ store: any ConformingStore) async throws -> ReplicaID {
        let id = ReplicaID(UUID())
        let replica = Replica(
            id: id, region: "r1", address: "127.0.0.1:1", version: "1", schemaMin: 1, schemaMax: 1_000)
        guard case .open = try await store.register(replica) else {
            throw ConformanceFailure(description: "the gate is shut")
        }
        try await store.beat(id, draining: false)
        return id
    }
}
