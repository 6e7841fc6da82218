// SPDX-License-Identifier: MIT

/// Why a value could not be read as the type asked for: names column, row and type, never the value.
public struct PostgresDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The column's name, or its number where it has none.
    public let column: String
    /// The row, from 0; -1 where there is none.
    public let row: Int
    /// The number of the server's type.
    public let typeOID: UInt32
    /// The Swift type asked for.
    public let expected: String
    /// What is wrong.
    public let reason: String

    /// One line for logs.
    public var description: String {
        "column \(column) of row \(row), type \(typeOID), as \(expected): \(reason)"
    }
}

/// One value as the server sent it, in binary. Valid only while it is being decoded: keep no reference to its bytes.
public struct PostgresCell {
    /// The value's bytes; nil for NULL.
    public let bytes: UnsafeRawBufferPointer?
    /// The number of the server's type.
    public let typeOID: UInt32

    /// A value of type `typeOID`.
    public init(bytes: UnsafeRawBufferPointer?, typeOID: UInt32) {
        self.bytes = bytes
        self.typeOID = typeOID
    }

    /// The bytes of a value that is not NULL.
    func content() throws(PostgresCellError) -> UnsafeRawBufferPointer {
        guard let bytes else { throw PostgresCellError("is NULL") }
        return bytes
    }

    /// The content as one integer of exactly that size.
    func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(PostgresCellError) -> Integer {
        let bytes = try content()
        guard bytes.count == MemoryLayout<Integer>.size else {
            throw PostgresCellError("has \(bytes.count) bytes, not \(MemoryLayout<Integer>.size)")
        }
        return Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }

    /// An error for a type that cannot be read so.
    func mismatch() -> PostgresCellError { PostgresCellError("the types do not match") }
}

/// What a type says of a value that it cannot be made from; place and types are added by the row.
public struct PostgresCellError: Error, Sendable {
    /// What is wrong, without the value.
    public let reason: String

    /// An error with that reason.
    public init(_ reason: String) { self.reason = reason }
}

/// A type that a column's value can be read as.
public protocol PostgresDecodable {
    /// Reads the value.
    init(postgres cell: PostgresCell) throws(PostgresCellError)
    /// Reads an array of such values.
    static func array(postgres cell: PostgresCell) throws(PostgresCellError) -> [Self]
}

extension PostgresDecodable {
    /// Reads a one-dimensional array.
    public static func array(postgres cell: PostgresCell) throws(PostgresCellError) -> [Self] {
        var reader = ArrayReader(bytes: try cell.content())
        let dimensions = try reader.next(Int32.self)
        _ = try reader.next(Int32.self)  // whether there are NULLs
        let type = try reader.next(UInt32.self)
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw PostgresCellError("has \(dimensions) dimensions") }
        let count = try reader.next(Int32.self)
        _ = try reader.next(Int32.self)  // lower bound
        // Each element takes four bytes at least: a false count cannot make us reserve more than was sent.
        guard count >= 0, Int(count) <= reader.left / 4 else { throw PostgresCellError("is cut short") }
        var elements: [Self] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            elements.append(try Self(postgres: PostgresCell(bytes: try reader.element(), typeOID: type)))
        }
        return elements
    }
}

private struct ArrayReader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    var left: Int { bytes.count - offset }

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next<Integer: FixedWidthInteger>(_: Integer.Type) throws(PostgresCellError) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard left >= size else { throw PostgresCellError("is cut short") }
        defer { offset += size }
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    mutating func element() throws(PostgresCellError) -> UnsafeRawBufferPointer? {
        let length = try next(Int32.self)
        if length == -1 { return nil }
        guard length >= 0, Int(length) <= left else { throw PostgresCellError("is cut short") }
        defer { offset += Int(length) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(length)])
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// nil for NULL.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        self = cell.bytes == nil ? nil : .some(try Wrapped(postgres: cell))
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// A one-dimensional array; of `UInt8`, a `bytea`.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        self = try Element.array(postgres: cell)
    }
}
