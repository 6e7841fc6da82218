// SPDX-License-Identifier: MIT
import Foundation

/// The messages of navarch.v1 as their schema files declare them.
struct SchemaText {
    /// One field.
    struct Field: Equatable {
        var number: Int
        var name: String
        /// The type without `repeated`.
        var type: String
        var isRepeated: Bool
    }

    /// One method.
    struct Method: Equatable {
        var path: String
        var request: String
        var isStream: Bool
    }

    /// All methods.
    let methods: [Method]
    /// Fields by message.
    let messages: [String: [Field]]
    /// Requests of all methods.
    let requests: Set<String>

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var messages: [String: [Field]] = [:]
        var methods: [Method] = []
        for name in ["agent", "commands", "instances", "nodes", "replicas", "types"] {
            let url = root.appending(path: "Sources/NavarchWire/Protos/navarch/v1/\(name).proto")
            let text = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
                .map { $0.prefix(upTo: $0.firstRange(of: "//")?.lowerBound ?? $0.endIndex) }.joined(separator: "\n")
            let service = text.firstMatch(of: /service (\w+)/).map { String($0.1) } ?? ""
            for match in text.matches(of: /rpc (\w+)\((\w+)\) returns \((stream )?/) {
                methods.append(
                    Method(
                        path: "/navarch.v1.\(service)/\(match.1)", request: String(match.2), isStream: match.3 != nil))
            }
            for match in text.matches(of: /message (\w+) \{([^}]*)\}/) {
                messages[String(match.1)] = match.2.matches(of: /(repeated )?([\w.]+(?:<[^>]+>)?) (\w+) = (\d+);/).map {
                    Field(number: Int($0.4) ?? 0, name: String($0.3), type: String($0.2), isRepeated: $0.1 != nil)
                }
            }
        }
        self.messages = messages
        self.methods = methods
        requests = Set(methods.map(\.request))
    }

    /// Messages that can be part of a request: the requests and all that they hold.
    var reachable: Set<String> {
        var seen: Set<String> = []
        var next = Array(requests)
        while let name = next.popLast() {
            guard let fields = messages[name], seen.insert(name).inserted else { continue }
            next += fields.map(\.type)
        }
        return seen
    }

    /// The message type of a field; nil when it is none of ours.
    func child(of message: String, _ number: Int) -> String? {
        guard let field = messages[message]?.first(where: { $0.number == number }) else { return nil }
        return messages[field.type] == nil ? nil : field.type
    }
}
