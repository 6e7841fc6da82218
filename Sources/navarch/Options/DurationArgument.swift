// SPDX-License-Identifier: MIT

import ArgumentParser

/// A length of time as people write it: `30s`, `5m`, `1h30m`, `500ms`, `2d`; a bare number counts seconds.
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
    /// The length.
    let duration: Duration

    /// Reads `argument`; nil when it is no length of time, is negative, or is over a thousand years.
    init?(argument: String) {
        guard let milliseconds = Self.milliseconds(of: argument) else { return nil }
        duration = .milliseconds(milliseconds)
    }

    /// Units in milliseconds. Longer names first: `ms` is no `m`.
    private static let units: [(name: String, milliseconds: Double)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    private static let limit = 1_000 * 365.25 * 86_400_000

    private static func milliseconds(of text: String) -> Int64? {
        var rest = text[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            if rest.isEmpty {
                // A bare number, unless something with a unit came before it.
                guard digits.count == text.count else { return nil }
                total = number * 1_000
            } else {
                guard let unit = units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
                rest = rest.dropFirst(unit.name.count)
                total += number * unit.milliseconds
            }
        }
        return total <= limit ? Int64(total.rounded()) : nil
    }
}
