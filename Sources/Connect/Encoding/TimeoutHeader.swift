// SPDX-License-Identifier: MIT

/// The time a caller gives a call, as each protocol writes it.
public enum TimeoutHeader {
    /// The name of Connect's header; its value is milliseconds.
    public static let connectName = "connect-timeout-ms"
    /// The name of gRPC's header; its value is digits and a unit.
    public static let grpcName = "grpc-timeout"

    /// Reads `connect-timeout-ms`: at most ten digits of milliseconds. Nil when it is anything else.
    public static func parseConnect(_ value: String) -> Duration? {
        digits(value.utf8, atMost: 10).map { .milliseconds($0) }
    }

    /// Writes `connect-timeout-ms`, rounded up, so that a short time is never none.
    public static func connect(_ timeout: Duration) -> String {
        String(min(max(0, wholeUnits(of: timeout, nanosecondsEach: 1_000_000)), 9_999_999_999))
    }

    /// Reads `grpc-timeout`: at most eight digits and one of H, M, S, m, u, n. Nil when it is anything else.
    public static func parseGRPC(_ value: String) -> Duration? {
        let bytes = value.utf8
        guard let unit = bytes.last, let count = digits(bytes.dropLast(), atMost: 8) else { return nil }
        switch unit {
        case UInt8(ascii: "H"): return .seconds(count * 3600)
        case UInt8(ascii: "M"): return .seconds(count * 60)
        case UInt8(ascii: "S"): return .seconds(count)
        case UInt8(ascii: "m"): return .milliseconds(count)
        case UInt8(ascii: "u"): return .microseconds(count)
        case UInt8(ascii: "n"): return .nanoseconds(count)
        default: return nil
        }
    }

    /// Writes `grpc-timeout` in the finest unit that eight digits can hold, rounded up.
    public static func grpc(_ timeout: Duration) -> String {
        let units: [(String, Int64)] = [
            ("n", 1), ("u", 1000), ("m", 1_000_000), ("S", 1_000_000_000), ("M", 60_000_000_000),
        ]
        for (unit, nanoseconds) in units {
            let count = max(0, wholeUnits(of: timeout, nanosecondsEach: nanoseconds))
            if count <= 99_999_999 { return "\(count)\(unit)" }
        }
        return "\(min(wholeUnits(of: timeout, nanosecondsEach: 3_600_000_000_000), 99_999_999))H"
    }

    private static func digits(_ text: some Collection<UInt8>, atMost limit: Int) -> Int64? {
        guard !text.isEmpty, text.count <= limit else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// How often a unit fits, rounded up. Durations past 292 years count as 292 years.
    private static func wholeUnits(of duration: Duration, nanosecondsEach unit: Int64) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return Int64.max / unit }
        let nanoseconds = scaled + (attoseconds + 999_999_999) / 1_000_000_000
        return (nanoseconds + unit - 1) / unit
    }
}
