// SPDX-License-Identifier: MIT

/// Headers or trailers of a call: an ordered multimap with case-insensitive ASCII names.
///
/// Names are kept in lower case. A name that ends in `-bin` holds bytes: on the wire, and in the `String` accessors, they
/// are base64 without padding; `addBinary` and `binary` speak bytes.
public struct RPCMetadata: Sendable, Equatable {
    /// One header.
    public typealias Element = (name: String, value: String)

    private struct Entry: Sendable, Equatable {
        var name: String
        var value: String
    }

    private var entries: [Entry]

    /// Empty metadata.
    public init() { entries = [] }

    /// Metadata with the given headers, in their order.
    public init(_ headers: some Sequence<(String, String)>) {
        entries = headers.map { Entry(name: Self.normalized($0.0), value: $0.1) }
    }

    /// The first value of `name`. Costs a scan of all entries.
    public func first(_ name: String) -> String? {
        let key = Self.normalized(name)
        return entries.first { $0.name == key }?.value
    }

    /// All values of `name`, in their order.
    public func values(_ name: String) -> [String] {
        let key = Self.normalized(name)
        return entries.filter { $0.name == key }.map(\.value)
    }

    /// Adds a value beside those that `name` has already.
    public mutating func add(_ name: String, _ value: String) {
        entries.append(Entry(name: Self.normalized(name), value: value))
    }

    /// Puts `value` in place of all values of `name`.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    /// Removes all values of `name`.
    public mutating func remove(_ name: String) {
        let key = Self.normalized(name)
        entries.removeAll { $0.name == key }
    }

    /// Adds every entry of `other` after those that are here.
    public mutating func append(_ other: RPCMetadata) { entries += other.entries }

    /// Adds bytes under `name`, which must end in `-bin`.
    public mutating func addBinary(_ name: String, _ value: [UInt8]) {
        precondition(name.lowercased().hasSuffix("-bin"), "binary metadata needs a name that ends in -bin, not \(name)")
        add(name, Base64.encode(value))
    }

    /// The bytes of the first value of `name`; nil when there is none or it is no base64.
    public func binary(_ name: String) -> [UInt8]? { first(name).flatMap { Base64.decode($0) } }

    /// True when `name` and `value` can travel as a header: a token and visible ASCII, spaces and tabs.
    public static func isValid(name: String, value: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
            && value.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7f) || $0 == 0x09 }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Lower case, and the string itself where it is so already, which saves the allocation.
    private static func normalized(_ name: String) -> String {
        name.utf8.contains { $0 >= 0x41 && $0 <= 0x5a } ? name.lowercased() : name
    }
}

extension RPCMetadata: RandomAccessCollection {
    /// The index of the first entry.
    public var startIndex: Int { 0 }
    /// One past the last entry.
    public var endIndex: Int { entries.count }
    /// The entry at `position`.
    public subscript(position: Int) -> Element { (entries[position].name, entries[position].value) }
}

extension RPCMetadata: ExpressibleByDictionaryLiteral {
    /// Metadata from a literal; repeated names keep every value, in order.
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}
