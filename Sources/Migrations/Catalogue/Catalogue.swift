// SPDX-License-Identifier: MIT

/// What is in a schema: each object's definition, as the server spells it.
struct Catalogue: Equatable, Sendable {
    /// What an object is and what it is called.
    struct Key: Hashable, Comparable, Sendable {
        let kind: String
        let name: String

        static func < (left: Key, right: Key) -> Bool { (left.kind, left.name) < (right.kind, right.name) }
    }

    var objects: [Key: String] = [:]
}

/// One difference between what the steps make and what is there.
public struct Drift: Equatable, Sendable, Codable, CustomStringConvertible {
    /// Which way it differs.
    public enum Kind: String, Sendable, Codable {
        /// The steps make it; it is not there.
        case missing
        /// It is there; no step makes it.
        case extra
        /// It is there, and otherwise than the steps make it.
        case changed
    }

    /// Which way.
    public let kind: Kind
    /// `column node.zone`, `index command_queued`.
    public let object: String
    /// As the steps make it; nil where they do not.
    public let expected: String?
    /// As it is; nil where it is not.
    public let actual: String?

    /// One line.
    public var description: String {
        switch kind {
        case .missing: "missing \(object): \(expected ?? "")"
        case .extra: "extra \(object): \(actual ?? "")"
        case .changed: "changed \(object): is \(actual ?? ""), not \(expected ?? "")"
        }
    }

    /// All differences, in order of the objects' names. What belongs to a missing or extra table is told by the table.
    static func between(expected: Catalogue, actual: Catalogue) -> [Drift] {
        let keys = Set(expected.objects.keys).union(actual.objects.keys).sorted()
        let tables = keys.filter { $0.kind == "table" && (expected.objects[$0] == nil) != (actual.objects[$0] == nil) }
        let parents = Set(tables.map(\.name))
        return keys.compactMap { key in
            let wanted = expected.objects[key]
            let found = actual.objects[key]
            guard wanted != found else { return nil }
            if key.kind != "table", let parent = key.name.split(separator: ".").first, key.name.contains("."),
                parents.contains(String(parent))
            {
                return nil
            }
            let kind: Kind = wanted == nil ? .extra : found == nil ? .missing : .changed
            return Drift(kind: kind, object: "\(key.kind) \(key.name)", expected: wanted, actual: found)
        }
    }
}
