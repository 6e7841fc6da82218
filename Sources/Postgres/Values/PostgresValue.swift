// SPDX-License-Identifier: MIT

/// A typed parameter of a statement. Its type is declared to the server, so `$1::int8` is allowed but not needed.
///
/// Values travel in binary; `json` and `numeric` travel as text and take their type from where they stand, so that one case
/// serves `json` and `jsonb`. An enum's value is a `text` with a cast in the statement (`$1::colour`).
public enum PostgresValue: Sendable, Equatable {
    /// NULL of whatever type the statement expects there.
    case null
    /// `boolean`.
    case bool(Bool)
    /// `smallint`.
    case int2(Int16)
    /// `integer`.
    case int4(Int32)
    /// `bigint`.
    case int8(Int64)
    /// `double precision`.
    case float8(Double)
    /// `text`; a string with U+0000 in it is refused by the server.
    case text(String)
    /// `bytea`.
    case bytea([UInt8])
    /// `uuid`.
    case uuid(PostgresUUID)
    /// `json` or `jsonb`, as the statement has it.
    case json(String)
    /// `numeric`, spelled in decimal digits.
    case numeric(String)
    /// `timestamptz`; `Int64.max` and `Int64.min` are the infinities.
    case timestamptz(microsecondsSinceUnixEpoch: Int64)
    /// `interval`, in microseconds.
    case interval(microseconds: Int64)
    /// `smallint[]`.
    case int2Array([Int16])
    /// `integer[]`.
    case int4Array([Int32])
    /// `bigint[]`.
    case int8Array([Int64])
    /// `text[]`; nil elements are NULL.
    case textArray([String?])
    /// `uuid[]`.
    case uuidArray([PostgresUUID])
    /// `double precision[]`.
    case float8Array([Double])
    /// `boolean[]`.
    case boolArray([Bool])
    /// `timestamptz[]`, in microseconds since the Unix epoch.
    case timestamptzArray([Int64])
    /// `json[]` or `jsonb[]`, as the statement has it; nil elements are NULL.
    case jsonArray([String?])
    /// `bytea[]`.
    case byteaArray([[UInt8]])

    /// `timestamptz`.
    public static func timestamptz(_ value: PostgresTimestamp) -> PostgresValue {
        .timestamptz(microsecondsSinceUnixEpoch: value.microsecondsSinceUnixEpoch)
    }

    /// `interval`, as long as `duration` to the microsecond.
    public static func interval(_ duration: Duration) -> PostgresValue {
        .interval(microseconds: duration.wholeMicroseconds)
    }
}

extension PostgresValue {
    /// The value, or NULL.
    public static func text(orNull value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    /// The value, or NULL.
    public static func int8(orNull value: Int64?) -> PostgresValue { value.map { .int8($0) } ?? .null }
    /// The value, or NULL.
    public static func int4(orNull value: Int32?) -> PostgresValue { value.map { .int4($0) } ?? .null }
    /// The value, or NULL.
    public static func uuid(orNull value: PostgresUUID?) -> PostgresValue { value.map { .uuid($0) } ?? .null }
    /// The value, or NULL.
    public static func json(orNull value: String?) -> PostgresValue { value.map { .json($0) } ?? .null }
    /// The value, or NULL.
    public static func bytea(orNull value: [UInt8]?) -> PostgresValue { value.map { .bytea($0) } ?? .null }
    /// The value, or NULL.
    public static func timestamptz(orNull value: PostgresTimestamp?) -> PostgresValue {
        value.map { .timestamptz($0) } ?? .null
    }
}

extension Duration {
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    }

    /// Nanoseconds, 0 for a negative duration, at most about 292 years.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 9_000_000_000 else { return 9_000_000_000_000_000_000 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    var wholeMilliseconds: Int64 { Int64(wholeNanoseconds / 1_000_000) }
}
