// SPDX-License-Identifier: MIT
import Foundation
import Testing
import Yams

/// The compose file and the images say of every process what `make ha` runs (`docker/parts.sh`).
@Suite struct ContainerTests {
    private static let token = "${NAVARCH_AUTH_TOKEN:?set a token}"
    /// Where things are in the network of the compose file: all that may differ from `make ha`.
    private static let places = [
        "direct": "postgresql://navarch@postgres:5432/navarch",
        "pooled": "postgresql://navarch@pgbouncer:6432/navarch", "postgres_host": "postgres", "postgres_port": "5432",
        "pgbouncer_host": "0.0.0.0", "pgbouncer_port": "6432", "auth_file": "/run/pgbouncer/users.txt",
        "listen": "0.0.0.0:50051", "token": token, "haproxy_cfg": "/navarch/haproxy.cfg", "balancer": "0.0.0.0:50051",
        "replica_1": "replica-1:50051", "replica_2": "replica-2:50051", "replica_3": "replica-3:50051",
        "server": "http://haproxy:50051", "agent_state": "/var/lib/navarch-agent",
    ]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func services() throws -> [String: [String: Any]] {
        let file = try #require(try Yams.load(yaml: try text("docker/compose.yaml")) as? [String: Any])
        return try #require(file["services"] as? [String: [String: Any]])
    }

    /// What `docker/parts.sh` says of a part that is at these places.
    private static func part(
        _ name: String, _ own: [String: String]
    ) throws -> (environment: [String: String], arguments: [String]) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["bash", root.appending(path: "docker/parts.sh").path, name]
        process.environment = places.merging(own) { $1 }.merging(["PATH": "/usr/bin:/bin"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        let end = try #require(lines.firstIndex(of: "--"))
        var environment: [String: String] = [:]
        for line in lines[..<end] {
            let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
            environment[pair[0]] = pair.last
        }
        return (environment, Array(lines[(end + 1)...]))
    }

    @Test(arguments: [
        ("migrate", "migrate", ""), ("pgbouncer", "pgbouncer", ""), ("haproxy", "haproxy", ""),
        ("replica-1", "replica", ""),
        ("replica-2", "replica", ""), ("replica-3", "replica", ""), ("agent-1", "agent", "1"),
        ("agent-2", "agent", "2"),
        ("agent-3", "agent", "3"),
    ])
    func aContainerIsToldWhatTheProcessIsTold(_ service: String, _ name: String, _ number: String) throws {
        let part = try Self.part(name, ["node": "node-\(number)", "zone": "zone-\(number)"])
        let told = try #require(try Self.services()[service])
        #expect(told["command"] as? [String] == part.arguments)
        #expect(told["environment"] as? [String: String] ?? [:] == part.environment)
    }

    /// `make ha` starts its processes from the same place: nothing that a part says stands in its script again.
    @Test func theScriptHasNoArgumentsOfItsOwn() throws {
        let script = try Self.text("docker/ha/run")
        for name in ["migrate", "pgbouncer", "haproxy", "replica", "agent"] {
            #expect(script.contains("part \(name)\n"), "\(name)")
        }
        for own in [
            "--listen", "--session-database", "--heartbeat", "--node-id", "--pool", "NAVARCH_REPLICA_1=", "AUTH_TYPE=",
        ] {
            #expect(!script.contains(own), "\(own)")
        }
        #expect(script.contains("-c max_connections=100"))
        #expect(try Self.services()["postgres"]?["command"] as? [String] == ["postgres", "-c", "max_connections=100"])
        #expect(script.contains("docker/roles.sql"))
        let volumes = try Self.services()["postgres"]?["volumes"] as? [String] ?? []
        #expect(volumes.contains("./roles.sql:/docker-entrypoint-initdb.d/roles.sql:ro"))
    }

    /// Every image is pinned and runs as a user; what services build is there; what is copied exists.
    @Test func imagesArePinnedAndRunAsAUser() throws {
        let lines = try Self.text("docker/Dockerfile").split(separator: "\n").map(String.init)
        var stages: [String: (base: String, body: [String])] = [:]
        var current = ""
        for line in lines where !line.hasPrefix("#") {
            if let stage = line.wholeMatch(of: /FROM (\S+) AS (\S+)/) {
                current = String(stage.2)
                stages[current] = (String(stage.1), [])
            } else {
                stages[current]?.body.append(line)
            }
        }
        for (name, stage) in stages where stages[stage.base] == nil {
            #expect(stage.base.contains(/:\d+\.\d+/), "\(name) is from \(stage.base)")
        }
        let bases: Set = ["build", "runtime"]
        for (name, stage) in stages where !bases.contains(name) {
            let users = stage.body.filter { $0.hasPrefix("USER ") }
            #expect(users.count == 1 && users != ["USER root"], "\(name)")
            #expect(stage.body.last?.hasPrefix("ENTRYPOINT [\"") == true, "\(name)")
        }
        for (name, service) in try Self.services() {
            if let build = service["build"] as? [String: String] {
                #expect(build["target"].map { stages[$0] != nil } == true, "\(name)")
                #expect(build["dockerfile"] == "docker/Dockerfile" && build["context"] == "..", "\(name)")
            } else {
                #expect((service["image"] as? String)?.contains(/:\d+\.\d+/) == true, "\(name)")
            }
        }
        for copy in lines where copy.hasPrefix("COPY docker/") {
            for file in copy.split(separator: " ").dropFirst().dropLast() {
                #expect(FileManager.default.fileExists(atPath: root.appending(path: String(file)).path), "\(file)")
            }
        }
    }
}
