// SPDX-License-Identifier: MIT

import Foundation
import NavarchClient
import Testing

@testable import navarch

struct SettingsTests {
    /// A folder for the time of `body`.
    private func withFolder<R>(_ body: (URL) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("navarch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // what stays behind is the system's to clean
        return try await body(folder)
    }

    private func write(_ text: String, to file: URL, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    private func shell(_ variables: [String: String]) -> Shell {
        Shell(
            variables: variables, terminal: Terminal(out: { _ in }, err: { _ in }, ask: { _ in nil }),
            interruptions: { AsyncStream { $0.finish() } }, now: { Date() })
    }

    private func settings(_ arguments: [String], _ variables: [String: String]) throws -> Settings {
        let parsed = try #require(try Navarch.parseAsRoot(["list"] + arguments) as? NodesList)
        return try Settings(parsed.connection, parsed.output, in: shell(variables))
    }

    @Test
    func optionsWinOverTheEnvironmentAndTheEnvironmentOverTheFile() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("config.yaml")
            try write(
                "server: [a:1, b:2]\nauth_token_file: token\ntimeout: 5s\noutput: yaml\nprotocol: grpc\n", to: file)
            let variables = ["NAVARCH_CONFIG": file.path]
            let fromFile = try settings([], variables)
            #expect(fromFile.servers == ["a:1", "b:2"])
            #expect(fromFile.token == .file(path: folder.path + "/token"))
            #expect(fromFile.timeout == .seconds(5))
            #expect(fromFile.deadline == nil)
            #expect(fromFile.output == .yaml)
            #expect(fromFile.rpcProtocol == .grpc)
            let fromEnvironment = try settings(
                [], variables.merging(["NAVARCH_SERVER": "c:3, d:4", "NAVARCH_AUTH_TOKEN": "t"]) { $1 })
            #expect(fromEnvironment.servers == ["c:3", "d:4"])
            #expect(fromEnvironment.token == .literal("t"))
            let fromOptions = try settings(
                ["-s", "e:5", "--auth-token-file", "/f", "--timeout", "1m", "-o", "json", "--protocol", "connect"],
                variables.merging(["NAVARCH_SERVER": "c:3", "NAVARCH_AUTH_TOKEN": "t"]) { $1 })
            #expect(fromOptions.servers == ["e:5"])
            #expect(fromOptions.token == .file(path: "/f"))
            #expect(fromOptions.timeout == .seconds(60))
            #expect(fromOptions.deadline == nil)
            #expect(fromOptions.output == .json)
            #expect(fromOptions.rpcProtocol == .connect)
        }
    }

    @Test
    func withoutAnySettingsTheDefaultsHold() throws {
        let settings = try settings([], [:])
        #expect(settings.servers == ["http://localhost:50051"])
        #expect(settings.token == .none)
        #expect(settings.timeout == .seconds(30))
        #expect(settings.output == .table)
    }

    @Test
    func everyMistakeOfTheFileIsToldWithItsLine() {
        let (_, mistakes) = SettingsFile.parse(
            "server: ''\ntimeout: soon\nfoo: 1\noutput: [a]\ninsecure: maybe\n", folder: "/")
        #expect(
            mistakes == [
                "1: a URL, or a list of them is expected, not \"\"", "2: a time such as 30s is expected, not \"soon\"",
                "3: \"foo\" is no setting (known: actor, auth_token, auth_token_file, ca_file, insecure, output, protocol, server, timeout)",
                "4: table, json, yaml or name is expected", "5: true or false is expected, not \"maybe\"",
            ])
        #expect(SettingsFile.parse("a: [", folder: "/").1.first?.contains("no valid YAML") == true)
        #expect(SettingsFile.parse("- a", folder: "/").1 == ["1: a list of `key: value` is expected"])
        #expect(SettingsFile.parse("", folder: "/").1 == [])
    }

    @Test
    func aTokenThatOthersCanReadIsRefused() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("config.yaml")
            try write("auth_token: secret\n", to: file, mode: 0o644)
            let open = #expect(throws: Failure.self) { try settings(["--config", file.path], [:]) }
            #expect(open?.status == .usage)
            #expect(open?.message?.contains("mode 644") == true)
            try write("auth_token: secret\n", to: file, mode: 0o600)
            #expect(try settings(["--config", file.path], [:]).token == .literal("secret"))
            let missing = #expect(throws: Failure.self) { try settings(["--config", "/no/such/file"], [:]) }
            #expect(missing?.message == "the configuration file /no/such/file does not exist")
        }
    }

    @Test
    func aTokenFileIsReadForEachCallAndMustBePrivate() async throws {
        try await withFolder { folder in
            let token = folder.appendingPathComponent("token")
            try await withScriptedControlPlane { navarch in
                try write("  one \nsecond line\n", to: token)
                _ = await navarch("list", "--auth-token-file", token.path)
                try write("two", to: token)
                _ = await navarch("list", variables: ["NAVARCH_AUTH_TOKEN_FILE": token.path])
                #expect(navarch.plane.now.authorizations == ["Bearer one", "Bearer two"])
                try write("three", to: token, mode: 0o604)
                let run = await navarch("list", "--auth-token-file", token.path)
                #expect(run.status == .refused)
                #expect(run.err.contains("has mode 604"))
                #expect(navarch.plane.now.authorizations.count == 2)
            }
        }
    }

    @Test
    func helpVersionAndCompletionGoToStandardOutput() async throws {
        let navarch = CLIBench(plane: ScriptedControlPlane(), address: "http://127.0.0.1:1")
        let help = await navarch("--help")
        #expect(help.status == .ok)
        #expect(help.err == "")
        for status in Status.allCases { #expect(help.out.contains(status.meaning)) }
        #expect(await navarch("nodes", "--help").out.contains("diagnose"))
        #expect(await navarch("nodes").out.contains("diagnose"))
        #expect(await navarch("help", "nodes", "drain").out.contains("--deadline"))
        #expect(await navarch("--version").out.hasPrefix("navarch 0.1.0 (commit "))
        #expect(await navarch("version").out.hasPrefix("navarch version 0.1.0\n"))
        for shell in ["bash", "zsh", "fish"] { #expect(await navarch("completion", shell).out.contains("navarch")) }
        #expect(await navarch("completion", "cmd").status == .usage)
        let unknown = await navarch("nodes", "list", "--nonsense")
        #expect(unknown.status == .usage)
        #expect(unknown.err.contains("--nonsense"))
        #expect(unknown.out == "")
        #expect(await navarch("list", "-o", "xml").status == .usage)
        #expect(await navarch("list", "--timeout", "soon").status == .usage)
    }
}
