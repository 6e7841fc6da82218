// SPDX-License-Identifier: MIT

/// The numbers of PostgreSQL's built-in types that this module reads or writes (pg_type.dat; they never change).
enum OID {
    /// "As the statement has it."
    static let unspecified: UInt32 = 0
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let char: UInt32 = 18
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let oid: UInt32 = 26
    static let xid: UInt32 = 28
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let int2Array: UInt32 = 1005
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let int8Array: UInt32 = 1016
    static let float8Array: UInt32 = 1022
    static let timestamp: UInt32 = 1114
    static let timestamptz: UInt32 = 1184
    static let timestamptzArray: UInt32 = 1185
    static let interval: UInt32 = 1186
    static let numeric: UInt32 = 1700
    static let uuid: UInt32 = 2950
    static let uuidArray: UInt32 = 2951
    static let jsonb: UInt32 = 3802
    static let xid8: UInt32 = 5069
}

extension PostgresValue {
    /// The type declared to the server.
    var typeOID: UInt32 {
        switch self {
        case .null, .json, .jsonArray: OID.unspecified
        case .bool: OID.bool
        case .int2: OID.int2
        case .int4: OID.int4
        case .int8: OID.int8
        case .float8: OID.float8
        case .text: OID.text
        case .bytea: OID.bytea
        case .uuid: OID.uuid
        case .numeric: OID.numeric
        case .timestamptz: OID.timestamptz
        case .interval: OID.interval
        case .int2Array: OID.int2Array
        case .int4Array: OID.int4Array
        case .int8Array: OID.int8Array
        case .textArray: OID.textArray
        case .uuidArray: OID.uuidArray
        case .float8Array: OID.float8Array
        case .boolArray: OID.boolArray
        case .timestamptzArray: OID.timestamptzArray
        case .byteaArray: OID.byteaArray
        }
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }
}
