// SPDX-License-Identifier: MIT
import Foundation
import NavarchClient
import NavarchTestSupport
import NavarchWire
import SwiftProtobuf
import Testing

/// A real agent and a real replica agree on when a command has run too long.
@Suite(.serialized) struct AgentDeadlineTests {
    /// C12: without a fault there is no unknown, neither for the command that runs too long nor for the one that waits behind it.
    @Test func commandsPastTheirRunDeadlineFailAndAreNotUnknown() async throws {
        try await withRelay { _, url, operators in
            let agent = try RealAgent("late", url: url)
            let process = try agent.start()
            defer { process.signal(SIGKILL) }
            try await process.line(containing: "\"registered\"")
            let running = try await issue("long", agent.node, operators, seconds: 14)
            let waiting = try await issue("quick", agent.node, operators, seconds: 8)

            // The stated bound: progress is sent at once, and not with the next renewal, 10 s later.
            try await eventually(within: .seconds(5), every: .milliseconds(50), "progress") {
                try await operators.command(running).progress.percent == 25
            }
            for id in [waiting, running] {
                try await eventually(within: .seconds(20), every: .milliseconds(50), "an end of \(id)") {
                    try await operators.command(id).state.isOver
                }
            }
            let (late, stopped) = (try await operators.command(waiting), try await operators.command(running))
            #expect(late.state == .failed && late.result.message.hasPrefix("not started: its run deadline passed"))
            #expect(stopped.state == .failed && stopped.result.message == "stopped at its run deadline of 14.0 s")
            #expect(agent.effects == [running])
            #expect(await process.end(with: SIGTERM, grace: .seconds(20)) == .code(0))
            try agent.remove()
        }
    }

    private func issue(
        _ program: String, _ node: String, _ operators: OperatorClient, seconds: Int64
    ) async throws -> String {
        var request = Navarch_V1_IssueCommandRequest()
        request.nodeID = node
        request.commandType = .runDiagnostic
        request.parameters = ["test": program]
        request.runTimeout = .init(seconds: seconds, nanos: 0)
        return try await operators.issue(request).commandID
    }
}
