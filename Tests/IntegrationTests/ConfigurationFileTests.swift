// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Testing

/// Configuration files, through the built programs.
@Suite(.serialized) struct ConfigurationFileTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "navarch-\(UUID().uuidString).yaml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // what stays behind is the system's to clean
        try await body(file.path)
    }

    /// Runs a program with these variables and no others.
    private static func run(
        _ program: String, _ arguments: [String], _ variables: [String: String] = [:]
    ) async throws -> (exit: ChildProcess.Exit, output: [String]) {
        let process = try ChildProcess.start(
            try Programs.path(program), arguments,
            environment: ["HOME": "/nonexistent", "PATH": "/usr/bin:/bin"].merging(variables) { $1 })
        let exit = await process.wait()
        try await eventually(within: .seconds(5), every: .milliseconds(2), "the end of its output") {
            process.outputEnded
        }
        return (exit, process.output)
    }

    @Test func anOptionWinsOverTheEnvironmentThatOverTheFileThatOverTheDefault() async throws {
        let text = """
            server:
              address: :7001
              heartbeat_interval: 20s
              heartbeat_timeout: 2m
              region: file
            database:
              url: postgresql://navarch:s3cret@db/navarch
              pool_size: 8
            log: {level: debug}
            """
        try await Self.withFile(text) { file in
            let (exit, lines) = try await Self.run(
                "navarchd", ["--check-config", "--region", "flag"],
                [
                    "NAVARCHD_CONFIG": file, "NAVARCH_REGION": "environment", "NAVARCH_POOL_SIZE": "16",
                    "NAVARCH_LOG_LEVEL": "",
                ])
            #expect(exit == .code(0))
            for line in [
                "server.address: :7001  # \(file):2", "server.heartbeat_interval: 20s  # \(file):3",
                "server.heartbeat_timeout: 2m  # \(file):4", "server.region: flag  # --region",
                "database.url: (hidden)  # \(file):7", "database.pool_size: 16  # NAVARCH_POOL_SIZE",
                "log.level: debug  # \(file):9", "server.notify: true  # default", "auth.token: (unset)",
            ] {
                #expect(lines.contains(line), "\(line) in \(lines)")
            }
            #expect(!lines.joined().contains("s3cret"))
        }
        let agent = "server: [https://a, https://b]\nnode_id: n7\nlabels:\n  rack: r1\n  team: ml\nregion: file\n"
        try await Self.withFile(agent) { file in
            let (exit, lines) = try await Self.run(
                "navarch-agent", ["-config", file, "-zone", "z1", "--check-config"],
                ["NAVARCH_REGION": "environment", "NAVARCH_AUTH_TOKEN": "s3cret"])
            #expect(exit == .code(0))
            for line in [
                "server: https://a,https://b  # \(file):1", "node_id: n7  # \(file):2",
                "labels: rack=r1,team=ml  # \(file):3", "region: environment  # NAVARCH_REGION", "zone: z1  # --zone",
                "auth_token: (hidden)  # NAVARCH_AUTH_TOKEN", "provider: gcp  # default",
            ] {
                #expect(lines.contains(line), "\(line) in \(lines)")
            }
        }
    }

    @Test func everyMistakeIsToldAtOnceWithItsPlaceAndWhatIsAccepted() async throws {
        let text = """
            server:
              adress: :7001
              heartbeat_interval: 20
              notify: perhaps
            pool_size: 3
            log:
              level: loud
            """
        try await Self.withFile(text) { file in
            let (exit, lines) = try await Self.run(
                "navarchd", ["--config", file, "--drain-grace", "soon"], ["NAVARCH_POOL_SIZE": "65"])
            #expect(exit == .code(64))
            let told = lines.joined(separator: "\n")
            for mistake in [
                "\(file):2: server.adress: is not known (did you mean server.address?); known here: address, advertise,",
                "\(file):3: server.heartbeat_interval: \"20\" is not accepted: it must be a duration such as 30s, 5m or 1h30m, from 1s to 1h",
                "\(file):4: server.notify: \"perhaps\" is not accepted: it must be true or false",
                "\(file):5: pool_size: is not known (did you mean database.pool_size?)",
                "\(file):7: log.level: \"loud\" is not accepted: it must be one of trace, debug,",
                "NAVARCH_POOL_SIZE: database.pool_size: \"65\" is not accepted: it must be a whole number from 1 to 64",
                "--drain-grace: server.drain_grace: \"soon\" is not accepted",
                "--database: database.url: is required; give it by --database, or by NAVARCH_DATABASE_URL, or by database.url in the file",
            ] {
                #expect(told.contains(mistake), "\(mistake) in \(told)")
            }
        }
        let absent = try await Self.run("navarchd", ["--config", "/no/such/file", "--database", "x"])
        #expect(absent.exit == .code(64) && absent.output[0] == "Error: /no/such/file: there is no such file")
        let short = try await Self.run("navarchd", ["--database", "x", "--heartbeat-timeout", "60s"])
        #expect(
            short.exit == .code(64)
                && short.output[0].hasPrefix("Error: --heartbeat-timeout: server.heartbeat_timeout: "))
    }

    /// The original's file: its `server` section means the same here; what has no meaning yet is refused with what replaces it.
    @Test func theOriginalsKeysAreTakenOrRefusedWithWhatReplacesThem() async throws {
        let taken = "server:\n  address: \":50051\"\n  heartbeat_interval: 40s\n  health_check_interval: 60s\n"
        try await Self.withFile(taken) { file in
            let (exit, lines) = try await Self.run("navarchd", ["-config", file, "--check-config", "--database", "x"])
            #expect(exit == .code(0), "\(lines)")
            #expect(lines.contains("server.health_check_interval: 1m  # \(file):4"))
        }
        let text = """
            server:
              external_address: http://cp
              autoscale_interval: 30s
              health_policy: ./policy.yaml
              notifier:
                type: webhook
            providers:
              gcp: {type: gcp, project: p}
            pools:
              h100: {provider: gcp, instance_type: a3, max_nodes: 4}
            defaults:
              ssh_user: ubuntu
            """
        try await Self.withFile(text) { file in
            let (exit, lines) = try await Self.run("navarchd", ["--config", file, "--database", "x"])
            #expect(exit == .code(64))
            let told = lines.joined(separator: "\n")
            for (line, key, hint) in [
                (2, "server.external_address", "server.advertise"), (3, "server.autoscale_interval", "remove it"),
                (4, "server.health_policy", "agents' own verdicts"), (5, "server.notifier", "navarch nodes watch"),
                (7, "providers", "--provider"), (9, "pools", "--pool"), (11, "defaults", "remove it"),
            ] {
                #expect(told.contains("\(file):\(line): \(key): is not taken: "), "\(key) in \(told)")
                #expect(
                    told.split(separator: "\n").contains { $0.contains("\(key): is not taken") && $0.contains(hint) })
            }
        }
    }

    @Test func aReplicaAndAnAgentRunFromTheirFilesAlone() async throws {
        let postgres = try await ThrowawayPostgres.shared
        let database = postgres.tcpConninfo(database: try await postgres.createDatabaseNamed(prefix: "file"))
        try await ChildProcess.run(try Programs.path("migrate"), ["up", "--database", database])
        let port = try freePort()
        let url = "http://127.0.0.1:\(port)"
        let server = """
            server: {address: "127.0.0.1:\(port)", region: r1, drain_notice: 100ms}
            database: {url: "\(database)"}
            auth: {token: "${TOKEN}"}
            """
        let state = FileManager.default.temporaryDirectory.appending(path: "navarch-state-\(UUID().uuidString)").path
        let agent = "server: \(url)\nnode_id: n9\nstate_dir: \(state)\nfake_gpus: 2\npool: p\nlabels: {rack: r7}\n"
        try await Self.withFile(server) { serverFile in
            try await Self.withFile(agent) { agentFile in
                let environment = ProcessInfo.processInfo.environment.merging(["TOKEN": "t0ken"]) { $1 }
                let replica = try ChildProcess.start(
                    try Programs.path("navarchd"), ["--config", serverFile], environment: environment)
                let node = try ChildProcess.start(
                    try Programs.path("navarch-agent"), ["--config", agentFile],
                    environment: environment.merging(["NAVARCH_AUTH_TOKEN": "t0ken"]) { $1 })
                let navarch = try CommandLineProgram(url: url)
                let token = ["NAVARCH_AUTH_TOKEN": "t0ken"]
                try await eventually(within: .seconds(30), every: .milliseconds(100), "the node") {
                    try await navarch("get", "n9", variables: token).exit == .code(0)
                }
                let shown = try await navarch("get", "n9", "-o", "yaml", variables: token).out
                for text in ["rack: r7", "pool: p", "provider: gcp"] {
                    #expect(shown.contains(text), "\(text) in \(shown)")
                }
                let replicas = try await navarch("replicas", "list", variables: token).out
                #expect(replicas.contains("r1"), "\(replicas)")
                #expect(try await navarch("list").exit == .code(4))
                #expect(await node.end(with: SIGTERM, grace: .seconds(10)) == .code(0))
                #expect(await replica.end(with: SIGTERM, grace: .seconds(20)) == .code(0))
                try navarch.remove()
                try FileManager.default.removeItem(atPath: state)
            }
        }
    }

    @Test(arguments: ["navarchd", "navarch-agent"])
    func theDocumentationHoldsTheTableOfEverySetting(_ program: String) async throws {
        let document = try String(
            contentsOf: Self.root.appending(path: "docs/configuration.md"), encoding: .utf8)
        let (exit, table) = try await Self.run(program, ["--explain-config"])
        #expect(exit == .code(0) && table.count > 10)
        #expect(document.contains(table.joined(separator: "\n")), "copy the output of \(program) --explain-config")
    }
}
