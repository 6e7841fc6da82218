// SPDX-License-Identifier: MIT
import Foundation
import Locks
import NavarchClient
import NavarchTestSupport
import NavarchWire
import Testing

/// Nobody tells, or nobody hears: LISTEN silently dead, NOTIFY switched off (C1, C2, C4).
@Suite(.serialized) struct DeafSessionTests {
    /// C2: what no notification told of is delivered by the sweep.
    private static let sweepBound = Duration.milliseconds(1_500)
    /// "The replica notices within 15 s."
    private static let noticeBound = Duration.seconds(15)

    @Test(.timeLimit(.minutes(1)))
    func withoutNotifyDeliveryGoesOnAtSweepLatency() async throws {
        let postgres = try await ThrowawayPostgres.shared
        let database = try await schema(postgres, "silent")
        let replicas = [
            try await TestReplica.start(database: postgres.tcpConninfo(database: database), arguments: ["--no-notify"]),
            try await TestReplica.start(database: postgres.tcpConninfo(database: database), arguments: ["--no-notify"]),
        ]
        let probe = DeliveryProbe(issuer: replicas[1].url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<30 { group.addTask { try await probe.hold("n\(number)", on: replicas[0].url) } }
            try await eventually(within: .seconds(30), "100 deliveries") { probe.latencies.count >= 100 }
            probe.stop()
            try await group.waitForAll()
        }
        let latencies = probe.latencies
        print("NOTIFY off: \(latencies.count) deliveries, \(latencies.figures)")
        #expect(latencies.percentile(99) <= Self.sweepBound)
        for replica in replicas { #expect(await replica.stop() == .code(0)) }
    }

    /// One replica's session hears nothing and cannot be made again until the fault is over; another's is forgotten by the network, and a
    /// new one works at once.
    @Test(.timeLimit(.minutes(2)))
    func aDeafReplicaDeliversNoticesAndRepairsItself() async throws {
        let postgres = try await ThrowawayPostgres.shared
        let name = try await schema(postgres, "deaf")
        let direct = postgres.tcpConninfo(database: name)
        let (swallowing, forgetful) = (try TCPProxy(to: postgres.port), try TCPProxy(to: postgres.port))
        defer { for proxy in [swallowing, forgetful] { proxy.end() } }
        let teller = try await TestReplica.start(database: direct)
        var deaf: [DeafReplica] = []
        for (number, proxy) in [swallowing, forgetful].enumerated() {
            let replica = try await TestReplica.start(
                database: direct, session: postgres.tcpConninfo(database: name, port: proxy.port))
            deaf.append(DeafReplica(replica: replica, probe: DeliveryProbe(issuer: teller.url), number: number))
        }
        do {
            try await deafen(deaf[0], swallowing, deaf[1], forgetful)
        } catch {
            Issue.record("\(error)\n\(deaf.flatMap { $0.replica.process.output.suffix(15) }.joined(separator: "\n"))")
        }
        for replica in [teller] + deaf.map(\.replica) { #expect(await replica.stop() == .code(0)) }
    }

    private func deafen(
        _ first: DeafReplica, _ swallowing: TCPProxy, _ second: DeafReplica, _ forgetful: TCPProxy
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for one in [first, second] {
                for number in 0..<8 {
                    group.addTask { try await one.probe.hold("n\(one.number)-\(number)", on: one.replica.url) }
                }
            }
            for one in [first, second] {
                try await eventually(within: .seconds(20), "hears") {
                    try await one.isHearing() && one.probe.latencies.count > 50
                }
                one.probe.begin()
            }
            let start = ContinuousClock.now
            swallowing.mode = .swallow
            forgetful.silence()
            async let noticed = until(start, "degraded, and ready") { try await !first.isHearing() }
            async let lost = until(start, "a new session") { try await second.sessionLosses() > 0 }
            print("LISTEN deaf: noticed after \(try await noticed); forgotten by the network: after \(try await lost)")
            try await eventually(within: Self.noticeBound, "repaired by itself") { try await second.isHearing() }
            #expect(try await !first.isHearing())
            let deafFor = first.probe.latencies
            print("LISTEN deaf: \(deafFor.count) deliveries, \(deafFor.figures)")
            #expect(deafFor.percentile(99) <= Self.sweepBound)
            swallowing.mode = .forward
            let repaired = try await until(.now, "repaired") { try await first.isHearing() }
            print("LISTEN deaf: hears again \(repaired) after the fault was over")
            for one in [first, second] {
                one.probe.begin()
                try await eventually(within: .seconds(20), "deliveries") { one.probe.latencies.count > 50 }
                print("LISTEN repaired: \(one.probe.latencies.figures)")
                one.probe.stop()
            }
            try await group.waitForAll()
        }
    }

    /// How long after `start` it was so; at most 15 s.
    private func until(_ start: ContinuousClock.Instant, _ what: String, _ body: () async throws -> Bool) async throws
        -> Duration
    {
        try await eventually(within: Self.noticeBound, every: .milliseconds(100), what, body)
        return ContinuousClock.now - start
    }

    private func schema(_ postgres: ThrowawayPostgres, _ prefix: String) async throws -> String {
        let name = try await postgres.createDatabaseNamed(prefix: prefix)
        let database = postgres.tcpConninfo(database: name)
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
        return name
    }
}

/// A replica whose hearing is tried, and what its agents saw.
private struct DeafReplica: Sendable {
    let replica: TestReplica
    let probe: DeliveryProbe
    let number: Int

    /// What it says of itself; it has to stay ready all along.
    func isHearing() async throws -> Bool {
        let answer = try await replica.get("/readyz")
        #expect(answer.status == 200, "\(answer.body)")
        return !answer.body.contains("degraded: LISTEN is deaf")
    }

    func sessionLosses() async throws -> Int {
        let line = try await replica.get("/metrics").body.split(separator: "\n")
            .first { $0.hasPrefix("navarch_session_losses_total ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    }
}

/// Agents that hold streams on one replica, and commands for them that are issued on another; from the issuer's question to the agent.
final class DeliveryProbe: Sendable {
    private let issuer: String
    private let seen = Mutex<[Duration]>([])
    private let stopped = Mutex(false)

    init(issuer: String) { self.issuer = issuer }

    /// Since `begin`.
    var latencies: [Duration] { seen.withLock { $0 } }

    /// Forgets what was seen before.
    func begin() { seen.withLock { $0 = [] } }

    /// The agents end with their next command.
    func stop() { stopped.withLock { $0 = true } }

    /// An agent that takes command after command, each issued when the one before has ended.
    func hold(_ node: String, on replica: String) async throws {
        try await withRPC([issuer]) { told in
            try await withRPC([replica]) { rpc in
                let (operators, agent) = (OperatorClient(told), AgentClient(rpc))
                try await agent.register(node)
                try await agent.withCommandStream(of: node) { stream in
                    var asked = ContinuousClock.now
                    try await operators.issue(.runDiagnostic, to: node)
                    for try await message in stream where !message.commands.isEmpty {
                        let latency = ContinuousClock.now - asked
                        seen.withLock { $0.append(latency) }
                        _ = try await agent.acknowledge(message.commands.map(\.lease), of: node)
                        for command in message.commands { try await agent.succeed(command.lease, of: node) }
                        if stopped.withLock({ $0 }) { break }
                        asked = .now
                        try await operators.issue(.runDiagnostic, to: node)
                    }
                }
            }
        }
    }
}

extension [Duration] {
    /// The value that so many per cent do not exceed.
    func percentile(_ percent: Int) -> Duration {
        let sorted = self.sorted()
        guard !sorted.isEmpty else { return .zero }
        return sorted[Swift.min(sorted.count - 1, (sorted.count * percent + 99) / 100 - 1)]
    }

    /// For a line of a test's output.
    var figures: String {
        let points = [("p50", percentile(50)), ("p99", percentile(99)), ("max", percentile(100))]
        return points.map { "\($0) \(Int($1 / .milliseconds(1))) ms" }.joined(separator: ", ")
    }
}
