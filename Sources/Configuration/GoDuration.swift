// SPDX-License-Identifier: MIT

/// Durations as Go spells them: `30s`, `1h30m`, `250ms`, `1.5s`. A bare number has no unit and is refused, but for 0.
public enum GoDuration {
    /// In nanoseconds; `µ` has two code points that look alike.
    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]

    /// Reads a duration; nil for anything else, and for more than about 292 years.
    public static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        let isNegative = text.hasPrefix("-")
        var rest = text[...]
        if isNegative || text.hasPrefix("+") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var nanoseconds = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { "0"..."9" ~= $0 || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !("0"..."9" ~= $0) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard digits.contains(where: { $0 != "." }), let number = Double(digits), let factor = units[String(unit)]
            else { return nil }
            nanoseconds += number * factor
        }
        guard nanoseconds < 9.2e18 else { return nil }
        let whole = Int64(nanoseconds.rounded())
        return .nanoseconds(isNegative ? -whole : whole)
    }

    /// Writes a duration so that `parse` reads it again, in the units that people would use.
    public static func text(_ duration: Duration) -> String {
        if duration < .zero { return "-" + text(.zero - duration) }
        if duration == .zero { return "0s" }
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        var text = seconds >= 3600 ? "\(seconds / 3600)h" : ""
        if seconds % 3600 >= 60 { text += "\(seconds % 3600 / 60)m" }
        if seconds % 60 > 0 { text += "\(seconds % 60)s" }
        if nanoseconds % 1_000_000 == 0 {
            if nanoseconds > 0 { text += "\(nanoseconds / 1_000_000)ms" }
        } else {
            text += "\(nanoseconds)ns"
        }
        return text
    }
}
