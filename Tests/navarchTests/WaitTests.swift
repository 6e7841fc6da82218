// SPDX-License-Identifier: MIT

import Connect
import Foundation
import NavarchTestSupport
import NavarchWire
import Testing

@testable import navarch

struct WaitTests {
    @Test
    func waitingShowsProgressAndExitsByTheOutcome() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.steps = [step(.leased), step(.running, percent: 40), step(.succeeded, message: "drained")]
            }
            let run = await navarch("nodes", "drain", "n1", "--wait")
            #expect(run.err == "n1: Leased\nn1: Running (40 %)\nn1: Succeeded\n")
            #expect(
                run.out == """
                    Command ID:    c-1
                    Node ID:       n1
                    Type:          Drain
                    State:         Succeeded
                    Issued:        5s ago
                    Started:       4s ago
                    Finished:      1s ago
                    Took:          3s
                    Result:        drained

                    """)
            #expect(run.status == .ok)
        }
    }

    @Test(arguments: [
        (Navarch_V1_CommandState.failed, Status.commandFailed), (.expired, .commandFailed),
        (.cancelled, .commandFailed),
        (.undeliverable, .commandFailed), (.outcomeUnknown, .outcomeUnknown), (.succeeded, .ok),
    ])
    func everyEndHasItsExitStatus(_ state: Navarch_V1_CommandState, _ status: Status) async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { script in
                script.nodes = [node("n1")]
                script.steps = [step(state, message: "hook says so")]
            }
            let run = await navarch("nodes", "drain", "n1", "--wait", "-o", "json")
            #expect(run.status == status)
            #expect(run.err.contains("ended as \(Words.word(state).lowercased()): hook says so") == (status != .ok))
            let document = try JSONParser.parse(run.out)
            #expect(document["state"]?.compact.contains("COMMAND_STATE_") == true)
        }
    }

    @Test
    func aDiagnosticsResultIsATableAndWithJSONTheDocumentItself() async throws {
        try await withScriptedControlPlane { navarch in
            let document = #"{"test":"disk","checks":[{"name":"free","value":12.5},{"name":"write","value":300}]}"#
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.steps = [step(.succeeded, message: "passed", json: document)]
            }
            let table = await navarch("nodes", "diagnose", "n1", "--test", "disk", "--param", "size=1", "--wait")
            #expect(table.out.hasSuffix("\ntest:          disk\n\nNAME   VALUE\nfree   12.5\nwrite  300\n"))
            #expect(navarch.plane.now.issued.first?.parameters == ["test": "disk", "size": "1"])
            navarch.plane.set { $0.steps = [step(.succeeded, json: document)] }
            #expect(
                await navarch("nodes", "diagnose", "n1", "--test", "disk", "--wait", "-o", "json").out == document
                    + "\n")
        }
    }

    @Test
    func waitingFallsBackToAskingAgainAndOutlivesOutages() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.failures["WatchCommand"] = Array(repeating: RPCError(.unimplemented, "no streams"), count: 99)
                state.failures["GetCommand"] = Array(repeating: RPCError(.unavailable, "down"), count: 3)
                state.steps = [step(.running), step(.succeeded)]
            }
            let run = await navarch("nodes", "drain", "n1", "--wait", "--timeout", "30s")
            #expect(run.status == .ok)
            #expect(
                run.err
                    == "Warning: no news of command c-1 (unavailable: down); still trying\nn1: Running\nn1: Succeeded\n"
            )
        }
    }

    @Test
    func aStreamThatEndsEarlyIsOpenedAgain() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.steps = [step(.running)]
            }
            async let waiting = navarch("nodes", "drain", "n1", "--wait")
            try await eventually(within: .seconds(10)) { navarch.plane.now.commands.first?.state == .running }
            navarch.plane.set { $0.steps = [step(.succeeded)] }
            #expect(await waiting.status == .ok)
        }
    }

    @Test
    func whenTheTimeIsOverTheCommandGoesOn() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.steps = [step(.running)]
                state.holdsWatches = true
            }
            let run = await navarch("nodes", "drain", "n1", "--wait", "--timeout", "3s")
            #expect(run.status == .stillRunning)
            #expect(run.err.contains("Error: still under way when the time was over; the command goes on\n"))
            #expect(run.err.contains("navarch commands cancel c-1"))
        }
    }

    /// The second that is allowed covers the calls before the wait, and no call is given less than its own time for it.
    @Test
    func theTimeBoundsTheWholeWaitAndNoSingleCall() async throws {
        let waiting = try parsedSettings(["drain", "n1", "--wait", "--timeout", "1s"])
        #expect(waiting.timeout == .seconds(30))
        #expect(waiting.timeLeft.map { $0 > .zero && $0 <= .seconds(1) } == true)
        let plain = try parsedSettings(["drain", "n1", "--timeout", "1s"])
        #expect(plain.timeout == .seconds(1))
        #expect(plain.timeLeft == nil)
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1"), node("n2")]
                state.steps = [step(.running)]
                state.holdsWatches = true
            }
            let start = ContinuousClock.now
            let run = await navarch("nodes", "drain", "n1", "n2", "--yes", "--wait", "--timeout", "1s")
            #expect(run.status == .stillRunning)
            #expect(ContinuousClock.now - start < .seconds(20))  // one call alone may take 30 s
        }
    }

    private func parsedSettings(_ arguments: [String]) throws -> Settings {
        let drain = try #require(try Navarch.parseAsRoot(arguments) as? Drain)
        let shell = Shell(
            variables: [:], terminal: Terminal(out: { _ in }, err: { _ in }, ask: { _ in nil }),
            interruptions: { AsyncStream { $0.finish() } }, now: { Date() })
        return try Settings(drain.connection, drain.output, waits: drain.issue.wait, in: shell)
    }

    @Test
    func controlCLeavesTheCommandRunningAndSaysSo() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.steps = [step(.running)]
                state.holdsWatches = true
            }
            let (interruptions, keyboard) = AsyncStream<Void>.makeStream()
            async let waiting = navarch("nodes", "drain", "n1", "--wait", interruptions: interruptions)
            try await eventually(within: .seconds(10)) { navarch.plane.now.commands.first?.state == .running }
            keyboard.yield()
            let run = await waiting
            #expect(run.status == .interrupted)
            #expect(run.err.contains("interrupted; the command goes on\nHint: navarch commands watch c-1"))
        }
    }

    @Test
    func manyCommandsAreWaitedForTogether() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = (0..<50).map { node("n\($0)") }
                state.steps = (0..<50).map { step($0 == 7 ? .failed : .succeeded) }
            }
            let run = await navarch("nodes", "drain", "-l", "all", "--yes", "--wait", "-o", "json")
            #expect(run.status == .commandFailed)
            #expect(run.err.contains("1 of 50 commands did not succeed"))
            let document = try JSONParser.parse(run.out)
            #expect(document["commands"] != nil)
        }
    }
}
