// SPDX-License-Identifier: MIT

/// The name of a node, chosen by its agent: 1 to 253 characters of letters, digits, `.`, `_`, `:` and `-`, as cloud instance ids and
/// host names are. The API's validation table enforces it.
public struct NodeID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The name as text.
    public let rawValue: String

    /// Wraps a name without looking at it; validation is the API's.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// The name itself.
    public var description: String { rawValue }

    /// Orders by UTF-8 bytes, as the database's "C" collation does.
    public static func < (left: NodeID, right: NodeID) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }
}

/// The small integer that stands for a node in rows, advisory locks and notifications; given by the database, stable while the node's row
/// exists.
public struct NodeKey: Hashable, Comparable, Sendable, Codable {
    /// The integer as the database holds it.
    public let rawValue: Int32

    /// Wraps a key that the database gave.
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Orders by number: the order in which rows and locks are taken.
    public static func < (left: NodeKey, right: NodeKey) -> Bool { left.rawValue < right.rawValue }
}
