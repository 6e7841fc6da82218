// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Testing

/// The built CLI against a real replica, a real PostgreSQL and a real agent.
@Suite(.serialized) struct CommandLine {
    /// What a test has: the CLI, and the agent of node n1.
    private struct Bench: Sendable {
        let navarch: CommandLineProgram
        let agent: RealAgent
        let process: ChildProcess
        let replica: TestReplica
        let database: String
    }

    private static func withBench(_ body: (Bench) async throws -> Void) async throws {
        let postgres = try await ThrowawayPostgres.shared
        let database = postgres.tcpConninfo(database: try await postgres.createDatabaseNamed(prefix: "cli"))
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
        let replica = try await TestReplica.start(database: database)
        let agent = try RealAgent("n1", url: replica.url)
        let bench = Bench(
            navarch: try CommandLineProgram(url: replica.url), agent: agent, process: try agent.start(),
            replica: replica, database: database)
        var failure: (any Error)?
        do {
            try await eventually(within: .seconds(20), every: .milliseconds(50), "the node") {
                try await bench.navarch("nodes", "list", "-o", "name").out == "n1\n"
            }
            try await body(bench)
        } catch { failure = error }
        await bench.process.end(with: SIGKILL, grace: .seconds(5))
        #expect(await replica.stop() == .code(0))
        try agent.remove()
        try bench.navarch.remove()
        if let failure { throw failure }
    }

    @Test func everyListAndObjectIsPrintedInEveryFormat() async throws {
        try await Self.withBench { bench in
            let navarch = bench.navarch
            let cordoned = try await navarch("nodes", "cordon", "n1", "--reason", "a test")
            #expect(cordoned.exit == .code(0) && cordoned.out.hasPrefix("Node n1 cordoned\nCommand ID: "))
            let commands = try #require(try await navarch.json("commands", "list")["commands"] as? [[String: Any]])
            let id = try #require(commands.first?["commandId"] as? String)
            let replica = try #require(
                (try await navarch.json("replicas", "list")["replicas"] as? [[String: Any]])?.first?["replicaId"]
                    as? String)
            let lists = [
                ("nodes", "NODE ID", "n1"), ("commands", "COMMAND ID", id), ("replicas", "REPLICA ID", replica),
            ]
            for (noun, title, name) in lists {
                let table = try await navarch(noun, "list")
                #expect(table.exit == .code(0) && table.err == "")
                let lines = table.out.split(separator: "\n")
                #expect(lines.count == 2 && lines[0].hasPrefix(title) && lines[1].hasPrefix(name), "\(table)")
                #expect(try await navarch(noun, "list", "-o", "name").out == name + "\n")
                #expect((try await navarch.json(noun, "list")[noun] as? [Any])?.count == 1)
                let yaml = try await navarch(noun, "list", "-o", "yaml")
                #expect(yaml.out.hasPrefix("\(noun):\n") && yaml.out.contains(": \(name)\n"), "\(yaml)")
            }
            for (noun, name, key) in [("nodes", "n1", "nodeId"), ("commands", id, "commandId")] {
                #expect(try await navarch(noun, "get", name).out.contains(name))
                #expect(try await navarch(noun, "get", name, "-o", "name").out == name + "\n")
                #expect(try await navarch.json(noun, "get", name)[key] as? String == name)
                #expect(try await navarch(noun, "get", name, "-o", "yaml").out.contains("\(key): \(name)\n"))
            }
            #expect(try await navarch("instances", "list").err == "No instances found\n")
            #expect(try await navarch("instances", "list", "-o", "json").out.contains("\"instances\": []"))
        }
    }

    @Test func verbsChangeTheNodeAndTheCommandsSayWhoAsked() async throws {
        try await Self.withBench { bench in
            let navarch = bench.navarch
            #expect(try await navarch("cordon", "n1", "--reason", "disk", "--actor", "alice").exit == .code(0))
            #expect(try await navarch.json("get", "n1")["status"] as? String == "NODE_STATUS_CORDONED")
            #expect(try await navarch("uncordon", "n1", "--wait").exit == .code(0))
            #expect(try await navarch.json("get", "n1")["status"] as? String == "NODE_STATUS_ACTIVE")
            let commands = try #require(try await navarch.json("commands", "list")["commands"] as? [[String: Any]])
            let actors = commands.compactMap { $0["issuedBy"] as? String }
            #expect(actors.count == 2 && actors.last == "operator/alice")
            #expect(actors.first?.wholeMatch(of: /operator\/[A-Za-z0-9._+-]+@[A-Za-z0-9._+-]+/) != nil, "\(actors)")

            let diagnosed = try await navarch("nodes", "diagnose", "n1", "--test", "memory", "--wait")
            #expect(diagnosed.exit == .code(0) && diagnosed.out.contains("Succeeded"), "\(diagnosed)")
            #expect(diagnosed.err.contains("n1: Succeeded\n"))
            let document = try await navarch.json("nodes", "diagnose", "n1", "--test", "memory", "--wait")
            #expect((document["reports"] as? [[String: Any]])?.first?["test"] as? String == "memory", "\(document)")

            // The drain hook takes 4 s: the time of the wait is over first, and the command goes on until it is cancelled.
            let drain = try await navarch("drain", "n1", "--wait", "--timeout", "2s", "--reason", "upgrade")
            #expect(drain.exit == .code(8) && drain.err.contains("still under way when the time was over"), "\(drain)")
            #expect(try await navarch.json("get", "n1")["status"] as? String == "NODE_STATUS_DRAINING")
            let id = try #require(drain.err.firstMatch(of: /navarch commands cancel ([0-9a-f-]+)/)?.1)
            let cancelled = try await navarch("commands", "cancel", String(id), "--wait")
            #expect(cancelled.exit == .code(0) && cancelled.out == "Command \(id) ended as failed\n", "\(cancelled)")
            let again = try await navarch("commands", "cancel", String(id))
            #expect(again.exit == .code(4) && again.err.contains("failed_precondition"), "\(again)")
        }
    }

    @Test func exitStatusesTellFailuresApart() async throws {
        try await Self.withBench { bench in
            let navarch = bench.navarch
            let unknown = try await navarch("get", "nope")
            #expect(unknown.exit == .code(3) && unknown.out == "" && unknown.err.contains("not_found"), "\(unknown)")
            let wrong = try await navarch("list", "--status", "sleepy")
            #expect(
                wrong.exit == .code(2)
                    && wrong.err.contains("known are active, cordoned, draining, unhealthy, terminated\n"), "\(wrong)")
            #expect(try await navarch("list", "--nonsense").exit == .code(2))
            let failed = try await navarch("nodes", "diagnose", "n1", "--test", "no-such-test", "--wait")
            #expect(failed.exit == .code(6) && failed.err.contains("ended as failed"), "\(failed)")

            let port = try freePort()
            for rpcProtocol in ["connect", "grpc"] {
                let away = try await navarch("list", "-s", "127.0.0.1:\(port)", "--protocol", rpcProtocol)
                #expect(away.exit == .code(5))
                #expect(
                    away.err == """
                        Error: failed to list nodes: unavailable: cannot reach http://127.0.0.1:\(port): connection refused
                        Hint: is the control plane running there? name another by --server or NAVARCH_SERVER

                        """)
            }
            let tls = try await navarch("list", "-s", bench.replica.url.replacing("http:", with: "https:"))
            #expect(tls.exit == .code(5) && !tls.err.contains("NIO") && tls.err.contains("no TLS"), "\(tls)")

            let locked = try await TestReplica.start(database: bench.database, arguments: ["--auth-token", "secret"])
            let refused = try await navarch("list", "-s", locked.url)
            #expect(refused.exit == .code(4) && refused.err.contains("--auth-token-file"), "\(refused)")
            let letIn = try await navarch("list", "-s", locked.url, variables: ["NAVARCH_AUTH_TOKEN": "secret"])
            #expect(letIn.exit == .code(0), "\(letIn)")
            await locked.stop()
        }
    }

    /// Status 7 is for what really cannot be known: the operator's program had begun when its agent was killed (C12).
    @Test func anOutcomeThatNobodyKnowsHasItsStatusAndCtrlCLeavesTheCommandAlone() async throws {
        try await Self.withBench { bench in
            let waiting = try bench.navarch.start(["nodes", "diagnose", "n1", "--test", "long", "--wait"])
            try await eventually(within: .seconds(20), every: .milliseconds(20), "a running command") {
                waiting.err.contains("n1: Running") && bench.agent.effects.count == 1
            }
            waiting.process.signal(SIGINT)
            let left = try await waiting.end()
            #expect(left.exit == .code(130) && left.err.contains("interrupted; the command goes on"), "\(left)")
            let id = try #require(bench.agent.effects.first)
            #expect(try await bench.navarch.json("commands", "get", id)["state"] as? String == "COMMAND_STATE_RUNNING")
            await bench.process.end(with: SIGKILL, grace: .seconds(5))
            let next = try bench.agent.start()
            let watched = try await bench.navarch("commands", "watch", id, "--timeout", "60s")
            #expect(watched.exit == .code(7) && watched.err.contains("look at the node itself"), "\(watched)")
            await next.end(with: SIGKILL, grace: .seconds(5))
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionScriptsAreMadeAndParse(_ shell: String) async throws {
        let script = try await ChildProcess.run(try Programs.path("navarch"), ["completion", shell])
        for word in ["nodes", "commands", "drain", "--selector", "--actor"] {
            let word = shell == "fish" ? word.replacing("--", with: "") : word
            #expect(script.contains { $0.contains(word) }, "\(word)")
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "navarch-completion-\(UUID().uuidString)")
        try Data(script.joined(separator: "\n").utf8).write(to: file)
        // Whichever shells are here read it; bash always is.
        let parse = ["bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]]
        if let command = parse[shell], shell == "bash" || Self.isInstalled(shell) {
            try await ChildProcess.run(command[0], [command[1], file.path])
        }
        try FileManager.default.removeItem(at: file)
    }

    @Test func bashCompletesCommands() async throws {
        let navarch = try Programs.path("navarch")
        let words = try await ChildProcess.run(
            "bash",
            [
                "-c",
                #"""
                source <("$0" completion bash)
                COMP_WORDS=(navarch nodes dr); COMP_CWORD=2; COMP_LINE='navarch nodes dr'; COMP_POINT=${#COMP_LINE}
                _navarch navarch dr nodes
                printf '%s\n' "${COMPREPLY[@]}"
                """#, navarch,
            ])
        #expect(words == ["drain"])
    }

    private static func isInstalled(_ program: String) -> Bool {
        ["/bin/", "/usr/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + program) }
    }
}
