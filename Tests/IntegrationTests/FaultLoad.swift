// SPDX-License-Identifier: MIT
import Connect
import Foundation
import Locks
import NavarchClient
import NavarchTestSupport
import NavarchWire

/// What operators were told under faults.
final class Promises: Sendable {
    private struct State {
        /// Acknowledged commands, with the key of each.
        var acknowledged: [String: String] = [:]
        /// Those of them that an agent carries out.
        var carriedOut: Set<String> = []
        var order = IssueOrder()
        var ended = 0
        var errors: [String: Int] = [:]
        var slowest = Duration.zero
        var isOver = false
    }

    private let state = Mutex(State())

    /// Ids that were answered with OK, and their keys.
    var acknowledged: [String: String] { state.withLock { $0.acknowledged } }
    /// Those of them that an agent carries out.
    var carriedOut: Set<String> { state.withLock { $0.carriedOut } }
    /// Commands whose end an operator saw.
    var ended: Int { state.withLock { $0.ended } }
    /// Errors that got through the client's own retries, by code.
    var errors: [String: Int] { state.withLock { $0.errors } }
    /// The longest that an operator had to go on asking for one answer.
    var slowest: Duration { state.withLock { $0.slowest } }
    /// No new commands are issued any more.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Ends the load.
    func finish() { state.withLock { $0.isOver = true } }

    /// Before an operator asks.
    func asks() -> Int { state.withLock { $0.order.asks() } }

    /// Of the commands that one agent carried out, in that order, those that came too late (C10).
    func late(in effects: [String]) -> [String] { state.withLock { $0.order.late(in: effects) } }

    /// A command was answered.
    func acknowledged(_ id: String, key: String, asked: Int, isCarriedOut: Bool, after time: Duration) {
        state.withLock { state in
            if isCarriedOut { state.carriedOut.insert(id) }
            state.acknowledged[id] = key
            state.order.answered(id, asked: asked)
            state.slowest = max(state.slowest, time)
        }
    }

    /// An operator saw the end of a command.
    func sawEnd() { state.withLock { $0.ended += 1 } }

    /// A call failed, retries of its client included.
    func failed(_ method: String, _ error: RPCError) {
        state.withLock { $0.errors["\(method): \(error.code)", default: 0] += 1 }
    }
}

/// Operators that issue and follow commands, each whose agent runs a program of the operator's own: at most once (C12).
struct FaultLoad {
    let url: String
    let nodes: [String]
    let promises: Promises
    /// Commands that an operator issues before it waits for the last.
    private static let burst = 3

    /// One operator, until the load is over: bursts for nodes at random, each followed to its end.
    func operate(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        try await withRPC([url]) { rpc in
            let operators = OperatorClient(rpc)
            while !promises.isOver {
                let node = nodes.randomElement(using: &generator) ?? ""
                var last = ""
                for _ in 0..<Self.burst { last = try await issue(.runDiagnostic, "quick", to: node, operators) }
                try await follow(last, operators)
            }
        }
    }

    /// One operator whose commands take four seconds, on one node after the other, so that one is running at every fault.
    func operateSlowly() async throws {
        try await withRPC([url]) { rpc in
            let operators = OperatorClient(rpc)
            var number = 0
            while !promises.isOver {
                number += 1
                try await follow(
                    try await issue(.runDiagnostic, "slow", to: nodes[number % nodes.count], operators), operators)
            }
        }
    }

    /// A scheduler that never pauses: one cordon or uncordon of a node is always on its way, a transaction with a COMMIT each (C14).
    func schedule(_ node: String) async throws {
        try await withRPC([url]) { rpc in
            let operators = OperatorClient(rpc)
            while !promises.isOver {
                _ = try await issue(.cordon, to: node, operators)
                _ = try await issue(.uncordon, to: node, operators)
            }
        }
    }

    /// Asks under one key until there is an answer; only that is a promise.
    private func issue(
        _ type: Navarch_V1_NodeCommandType, _ test: String = "", to node: String, _ operators: OperatorClient
    ) async throws -> String {
        let (key, asked, start) = (IdempotencyKey.make(), promises.asks(), ContinuousClock.now)
        var answer = ""
        try await eventually(within: .seconds(60), every: .milliseconds(100), "an answer to an issue") {
            do throws(RPCError) {
                answer = try await operators.issue(type, to: node, test: test, key: key)
            } catch {
                promises.failed("IssueCommand", error)
                throw error
            }
            return true
        }
        promises.acknowledged(
            answer, key: key, asked: asked, isCarriedOut: type == .runDiagnostic, after: ContinuousClock.now - start)
        return answer
    }

    private func follow(_ id: String, _ operators: OperatorClient) async throws {
        try await eventually(within: .seconds(60), every: .milliseconds(50), "an end of \(id)") {
            do throws(RPCError) {
                return try await operators.command(id).state.isOver
            } catch {
                // An acknowledged command that is not there is lost.
                promises.failed("GetCommand", error)
                throw error
            }
        }
        promises.sawEnd()
    }
}
