// SPDX-License-Identifier: MIT

extension Bool: PostgresDecodable {
    /// From `boolean`.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        guard cell.typeOID == OID.bool else { throw cell.mismatch() }
        self = try cell.integer(UInt8.self) != 0
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    fileprivate init(integer cell: PostgresCell) throws(PostgresCellError) {
        let value: Int64
        switch cell.typeOID {
        case OID.int2: value = Int64(try cell.integer(Int16.self))
        case OID.int4: value = Int64(try cell.integer(Int32.self))
        case OID.int8: value = try cell.integer(Int64.self)
        case OID.oid, OID.xid: value = Int64(try cell.integer(UInt32.self))
        case OID.xid8: value = Int64(truncatingIfNeeded: try cell.integer(UInt64.self))
        default: throw cell.mismatch()
        }
        guard let exact = Self(exactly: value) else { throw PostgresCellError("is out of range") }
        self = exact
    }
}

extension Int16: PostgresDecodable {
    /// From any integer type whose value fits.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) { try self.init(integer: cell) }
}

extension Int32: PostgresDecodable {
    /// From any integer type whose value fits.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) { try self.init(integer: cell) }
}

extension Int64: PostgresDecodable {
    /// From any integer type.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) { try self.init(integer: cell) }
}

extension Int: PostgresDecodable {
    /// From any integer type.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) { try self.init(integer: cell) }
}

extension UInt32: PostgresDecodable {
    /// From any integer type whose value fits; `oid` and `xid` among them.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) { try self.init(integer: cell) }
}

extension UInt8: PostgresDecodable {
    /// From `"char"`, the catalogue's one-byte type.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        guard cell.typeOID == OID.char else { throw cell.mismatch() }
        self = try cell.integer(UInt8.self)
    }

    /// From `bytea`.
    public static func array(postgres cell: PostgresCell) throws(PostgresCellError) -> [UInt8] {
        guard cell.typeOID == OID.bytea else { throw cell.mismatch() }
        return Array(try cell.content())
    }
}

extension Double: PostgresDecodable {
    /// From `double precision`, `real`, or `numeric` (rounded).
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        switch cell.typeOID {
        case OID.float8: self = Double(bitPattern: try cell.integer(UInt64.self))
        case OID.float4: self = Double(Float(bitPattern: try cell.integer(UInt32.self)))
        case OID.numeric:
            guard let value = Double(try decimalText(ofNumeric: try cell.content())) else { throw cell.mismatch() }
            self = value
        default: throw cell.mismatch()
        }
    }
}

extension Float: PostgresDecodable {
    /// From `real`.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        guard cell.typeOID == OID.float4 else { throw cell.mismatch() }
        self = Float(bitPattern: try cell.integer(UInt32.self))
    }
}

extension String: PostgresDecodable {
    /// From any type whose binary form is its text (text, varchar, name, enums, json), from jsonb and from numeric.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        let bytes = try cell.content()
        switch cell.typeOID {
        case OID.jsonb:
            guard bytes.first == 1 else { throw PostgresCellError("is jsonb of an unknown version") }
            self = String(decoding: bytes.dropFirst(), as: UTF8.self)
        case OID.numeric: self = try decimalText(ofNumeric: bytes)
        case OID.bool, OID.bytea, OID.int2, OID.int4, OID.int8, OID.oid, OID.float4, OID.float8, OID.timestamp,
            OID.timestamptz, OID.interval, OID.uuid:
            throw cell.mismatch()
        default:
            guard let text = String(validating: bytes, as: UTF8.self) else { throw PostgresCellError("is not UTF-8") }
            self = text
        }
    }
}

extension PostgresUUID: PostgresDecodable {
    /// From `uuid`.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        guard cell.typeOID == OID.uuid else { throw cell.mismatch() }
        guard let value = PostgresUUID(bytes: try cell.content()) else { throw PostgresCellError("has not 16 bytes") }
        self = value
    }
}

extension PostgresTimestamp: PostgresDecodable {
    /// From `timestamptz`.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        guard cell.typeOID == OID.timestamptz else { throw cell.mismatch() }
        self.init(onTheWire: try cell.integer(Int64.self))
    }
}

extension PostgresInterval: PostgresDecodable {
    /// From `interval`.
    public init(postgres cell: PostgresCell) throws(PostgresCellError) {
        let bytes = try cell.content()
        guard cell.typeOID == OID.interval, bytes.count == 16 else { throw cell.mismatch() }
        self.init(
            microseconds: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)),
            days: Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int32.self)),
            months: Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int32.self)))
    }
}
