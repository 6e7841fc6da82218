// SPDX-License-Identifier: MIT

/// A `timestamptz`: microseconds since 1970-01-01 00:00 UTC, or one of the two infinities.
public struct PostgresTimestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970; `Int64.max` and `Int64.min` are the infinities.
    public let microsecondsSinceUnixEpoch: Int64

    /// The instant so many microseconds after 1970.
    public init(microsecondsSinceUnixEpoch: Int64) {
        self.microsecondsSinceUnixEpoch = microsecondsSinceUnixEpoch
    }

    /// Later than every other timestamp (`infinity`).
    public static let distantFuture = PostgresTimestamp(microsecondsSinceUnixEpoch: .max)
    /// Earlier than every other timestamp (`-infinity`).
    public static let distantPast = PostgresTimestamp(microsecondsSinceUnixEpoch: .min)

    /// Whether it is one of the two infinities.
    public var isInfinite: Bool { self == .distantFuture || self == .distantPast }

    /// Earlier sorts first.
    public static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSinceUnixEpoch < right.microsecondsSinceUnixEpoch
    }

    /// PostgreSQL counts from 2000-01-01 00:00 UTC.
    private static let epochDifference: Int64 = 946_684_800_000_000

    init(onTheWire value: Int64) {
        let infinite = value == .max || value == .min
        // The server's range ends before a sum could overflow; a hostile value must not trap.
        microsecondsSinceUnixEpoch = infinite ? value : value &+ Self.epochDifference
    }

    var onTheWire: Int64 {
        isInfinite ? microsecondsSinceUnixEpoch : microsecondsSinceUnixEpoch &- Self.epochDifference
    }
}

/// An `interval`: months and days are kept apart, since their length in time varies.
public struct PostgresInterval: Hashable, Sendable {
    /// The part shorter than a day.
    public let microseconds: Int64
    /// Whole days.
    public let days: Int32
    /// Whole months.
    public let months: Int32

    /// An interval of these parts.
    public init(microseconds: Int64 = 0, days: Int32 = 0, months: Int32 = 0) {
        self.microseconds = microseconds
        self.days = days
        self.months = months
    }
}
