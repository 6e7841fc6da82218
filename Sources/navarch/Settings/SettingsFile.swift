// SPDX-License-Identifier: MIT

import Foundation
import NavarchClient
import Yams

/// The configuration file: the same values as the options of every command.
struct SettingsFile: Sendable, Equatable {
    /// Base URLs of the control plane.
    var servers: [String]?
    /// The token itself; the file must then be closed to others.
    var authToken: String?
    /// A file with the token. A relative path starts at the configuration file's folder.
    var authTokenFile: String?
    /// For whom calls are made.
    var actor: String?
    /// The time of one call.
    var timeout: Duration?
    /// How results are printed.
    var output: OutputFormat?
    /// The protocol of calls.
    var protocolName: ProtocolName?
    /// PEM file with the authorities to believe; relative as above.
    var caFile: String?
    /// Whether any certificate will do.
    var insecure: Bool?

    /// Reads the file that `path`, the environment or custom names. Only a file that was not asked for may be missing.
    ///
    /// - Throws: `Failure` naming every mistake with its line.
    static func load(_ path: String?, in shell: Shell) throws -> SettingsFile {
        let named = path ?? shell.variable("NAVARCH_CONFIG")
        guard let location = named ?? customary(shell) else { return SettingsFile() }
        guard FileManager.default.fileExists(atPath: location) else {
            if named == nil { return SettingsFile() }
            throw Failure(.usage, "the configuration file \(location) does not exist")
        }
        // Foundation's own words name neither the file nor the reason as people would; an unreadable file is told below.
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: location)) else {
            throw Failure(.usage, "the configuration file \(location) cannot be read")
        }
        let folder = URL(fileURLWithPath: location).deletingLastPathComponent().path
        let (file, mistakes) = parse(String(decoding: data, as: UTF8.self), folder: folder)
        guard mistakes.isEmpty else {
            throw Failure(.usage, mistakes.map { "\(location):\($0)" }.joined(separator: "\n       "))
        }
        if file.authToken != nil, let complaint = TokenFile.complaint(aboutModeOf: location) {
            throw Failure(.usage, "the configuration file \(location) \(complaint)")
        }
        return file
    }

    private static func customary(_ shell: Shell) -> String? {
        let base = shell.variable("XDG_CONFIG_HOME") ?? shell.variable("HOME").map { $0 + "/.config" }
        return base.map { $0 + "/navarch/config.yaml" }
    }

    /// Reads YAML `text`. Returns what was understood and every mistake as `<line>: <what>`.
    static func parse(_ text: String, folder: String) -> (SettingsFile, [String]) {
        var file = SettingsFile()
        var reader = SettingsReader()
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            return (file, [SettingsReader.describe(error)])
        }
        guard let root else { return (file, []) }
        guard let mapping = root.mapping else {
            return (file, ["\(root.mark?.line ?? 1): a list of `key: value` is expected"])
        }
        for (key, value) in mapping { file.set(key, value, folder: folder, &reader) }
        return (file, reader.mistakes)
    }

    private mutating func set(_ key: Node, _ value: Node, folder: String, _ reader: inout SettingsReader) {
        switch key.string {
        case "server", "servers": servers = reader.servers(value)
        case "auth_token": authToken = reader.text(value)
        case "auth_token_file": authTokenFile = reader.path(value, folder)
        case "actor": actor = reader.value(value, ActorName.accepted) { ActorName.isValid($0) ? $0 : nil }
        case "timeout": timeout = reader.value(value, "a time such as 30s") { DurationArgument(argument: $0)?.duration }
        case "output": output = reader.value(value, "table, json, yaml or name") { OutputFormat(rawValue: $0) }
        case "protocol": protocolName = reader.value(value, "connect or grpc") { ProtocolName(rawValue: $0) }
        case "ca_file": caFile = reader.path(value, folder)
        case "insecure": insecure = reader.value(value, "true or false") { ["true": true, "false": false][$0] }
        case let other: reader.unknown(other ?? "", at: key)
        }
    }
}

/// Reads values of the configuration file and gathers what is wrong with them.
struct SettingsReader {
    /// Every mistake so far, as `<line>: <what>`.
    private(set) var mistakes: [String] = []

    private static let known =
        "actor, auth_token, auth_token_file, ca_file, insecure, output, protocol, server, timeout"

    /// A text that is not empty.
    mutating func text(_ node: Node) -> String? { value(node, "a text") { $0.isEmpty ? nil : $0 } }

    /// A path, made absolute.
    mutating func path(_ node: Node, _ folder: String) -> String? {
        text(node).map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
    }

    /// One server, several joined by commas, or a list of them.
    mutating func servers(_ node: Node) -> [String]? {
        guard let sequence = node.sequence else {
            return value(node, "a URL, or a list of them") { text in
                let list = ServerAddress.list(text)
                return list.isEmpty ? nil : list
            }
        }
        let list = sequence.compactMap { text($0) }
        if list.isEmpty { complain(node, "a URL, or a list of them, is expected") }
        return list.isEmpty ? nil : list
    }

    /// What `read` makes of a scalar.
    mutating func value<Value>(_ node: Node, _ expected: String, _ read: (String) -> Value?) -> Value? {
        guard let text = node.scalar?.string, let value = read(text) else {
            complain(node, "\(expected) is expected" + (node.scalar.map { ", not \"\($0.string)\"" } ?? ""))
            return nil
        }
        return value
    }

    /// A key that means nothing here.
    mutating func unknown(_ key: String, at node: Node) {
        complain(node, "\"\(key)\" is no setting (known: \(Self.known))")
    }

    private mutating func complain(_ node: Node, _ what: String) { mistakes.append("\(node.mark?.line ?? 1): \(what)") }

    /// A syntax error of YAML, with its line in front.
    static func describe(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(mark.line): no valid YAML: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, _): "1: a key stands twice: \(duplicates)"
        default: "1: no valid YAML: \(error)"
        }
    }
}
