// SPDX-License-Identifier: MIT
import Foundation

/// What a schema file declares, read from its text: enough to hold hand-written code against it.
struct ProtoFile {
    /// One method of a service.
    struct Method: Hashable, CustomStringConvertible {
        var service: String
        var name: String
        var request: String
        var response: String
        var isStream: Bool
        var idempotency: String

        var description: String {
            "\(service)/\(name)(\(request)) -> \(isStream ? "stream " : "")\(response) \(idempotency)"
        }
    }

    /// The root of the project.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every schema file of navarch.v1, and the original's.
    static let all =
        ["agent", "commands", "instances", "nodes", "replicas", "types"].map { "navarch/v1/\($0).proto" }
        + ["navarch/control_plane.proto"]

    let package: String
    let text: String

    init(_ name: String) throws {
        let url = Self.root.appending(path: "Sources/NavarchWire/Protos/\(name)")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        text = lines.map { line in line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex) }
            .joined(separator: "\n")
        package = text.firstMatch(of: /package ([\w.]+);/).map { String($0.1) } ?? ""
    }

    /// The methods of its services.
    var methods: [Method] {
        guard let service = text.firstMatch(of: /service (\w+) \{/) else { return [] }
        let rpc =
            /rpc (?<name>\w+)\((?<request>\w+)\) returns \((?<stream>stream )?(?<response>\w+)\)(?:;|\s*\{\s*option idempotency_level = (?<level>\w+);)/
        return text.matches(of: rpc).map { match in
            Method(
                service: "\(package).\(service.1)", name: String(match.name), request: "\(package).\(match.request)",
                response: "\(package).\(match.response)", isStream: match.stream != nil,
                idempotency: match.level.map(String.init) ?? "")
        }
    }

    /// The JSON names of the fields of `message`.
    func fields(of message: String) -> Set<String> {
        guard let start = text.firstRange(of: "message \(message) {")?.upperBound,
            let end = text[start...].firstRange(of: "}")?.lowerBound
        else { return [] }
        let names = text[start..<end].matches(of: /(\w+) = \d+;/).map { Self.camelCased(String($0.1)) }
        return Set(names)
    }

    /// Messages with their fields by number: `name: type`.
    var messages: [String: [Int: String]] {
        var messages: [String: [Int: String]] = [:]
        for match in text.matches(of: /message (\w+) \{([^}]*)\}/) {
            var fields: [Int: String] = [:]
            for field in match.2.matches(of: /((?:repeated )?[\w.]+(?:<[^>]+>)?) (\w+) = (\d+);/) {
                fields[Int(field.3) ?? 0] = "\(field.2): \(field.1)"
            }
            messages[String(match.1)] = fields
        }
        return messages
    }

    private static func camelCased(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
