// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Postgres
import Testing

/// With load running, one part after the other is killed, thrown out, restarted or stopped; `docs/internals/faults.md` says what is promised.
@Suite(.serialized) struct FaultCampaignTests {
    private static let agents = 6
    private static let operators = 10

    /// NAVARCH_FAULT_SEED replays a run's order.
    private static let seed =
        ProcessInfo.processInfo.environment["NAVARCH_FAULT_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...9_999)

    @Test(.timeLimit(.minutes(4)))
    func underEveryFaultAcknowledgedCommandsEndAndNothingHappensTwice() async throws {
        print("fault campaign: NAVARCH_FAULT_SEED=\(Self.seed)")
        let fleet = try await Fleet.start(agents: Self.agents)
        let promises = Promises()
        var reports: [FaultReport] = []
        do {
            reports = try await suffer(fleet, promises)
            try await expectPromisesKept(fleet, promises)
        } catch {
            Issue.record("seed \(Self.seed): \(error)\n\(fleet.logs)")
        }
        print(([FaultReport.head] + reports.map(\.line)).joined(separator: "\n"))
        print(
            "\(promises.acknowledged.count) commands acknowledged, the slowest after \(promises.slowest); errors past the client's "
                + "retries: \(promises.errors)")
        try await fleet.end()
    }

    private func suffer(_ fleet: Fleet, _ promises: Promises) async throws -> [FaultReport] {
        var generator = SeededGenerator(seed: Self.seed)
        let load = FaultLoad(url: fleet.balancer.url, nodes: fleet.agents.map(\.node), promises: promises)
        var reports: [FaultReport] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.operators {
                group.addTask { try await load.operate(seed: Self.seed &+ UInt64(number)) }
            }
            group.addTask { try await load.operateSlowly() }
            group.addTask { try await load.schedule("node-1") }
            try await busy(promises)
            for fault in Fault.allCases.shuffled(using: &generator) {
                reports.append(try await fleet.suffer(fault, &generator))
                try await busy(promises)
            }
            promises.finish()
            try await group.waitForAll()
        }
        return reports
    }

    /// Waits until operators have been answered, and have seen ends, some more.
    private func busy(_ promises: Promises) async throws {
        let (acknowledged, ended) = (promises.acknowledged.count, promises.ended)
        try await eventually(within: .seconds(30), "the load goes on") {
            promises.acknowledged.count > acknowledged + 150 && promises.ended > ended + 30
        }
    }

    private func expectPromisesKept(_ fleet: Fleet, _ promises: Promises) async throws {
        try await eventually(within: .seconds(60), every: .milliseconds(100), "every command has ended") {
            try await fleet.count("SELECT count(*) FROM command WHERE finished_at IS NULL") == 0
        }
        let rows = try await ask(
            fleet.database, "SELECT id::text, idempotency_key, state::text, result::text FROM command")
        var stored: [String: String] = [:]
        for row in rows {
            let (id, state, result) = (
                try row.decode(0, as: String.self), try row.decode(2, as: String.self),
                try row.decode(3, as: String?.self)
            )
            stored[id] = try row.decode(1, as: String.self)
            // No agent was killed, so no fault explains anything but a good end, `unknown` least of all.
            #expect(state == "succeeded", "\(id): \(result ?? "")")
        }
        // None is lost, and none is there twice under other ids.
        #expect(stored == promises.acknowledged)
        let again = try await fleet.count("SELECT count(*) FROM command WHERE attempt > 1")
        let late = try await fleet.count("SELECT count(*) FROM audit WHERE action = 'command.late_report'")
        print("handed out again: \(again); reported again after they had ended: \(late)")
        let effects = fleet.effects
        #expect(effects.count == Set(effects).count, "a `once` command took effect twice")
        #expect(Set(effects) == promises.carriedOut)
        let unaudited = """
            SELECT count(*) FROM (SELECT FROM command c LEFT JOIN audit a ON a.command_id = c.id WHERE c.type IN ('cordon', 'uncordon')
                                   GROUP BY c.id HAVING count(a.command_id) <> 1) x
            """
        #expect(try await fleet.count(unaudited) == 0, "a cordon without its audit row, or with two (C14)")
        // One agent carries its diagnostics out one after the other, in the order in which they came.
        for agent in fleet.agents { #expect(promises.late(in: agent.effects) == [], "\(agent.node)") }
        let ill = "SELECT count(*) FROM node WHERE status <> 'active' OR condition <> 'ok'"
        #expect(try await fleet.count(ill) == 0)
        let verdicts =
            "SELECT count(*) FROM event WHERE type IN ('node.unreachable', 'node.unhealthy', 'node.replaced')"
        #expect(try await fleet.count(verdicts) == 0)
    }
}
