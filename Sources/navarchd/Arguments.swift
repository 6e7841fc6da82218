// SPDX-License-Identifier: MIT
import ArgumentParser

/// A duration on the command line, in Go's syntax as the original's files have it: `250ms`, `30s`, `5m`, `1h30m`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        var rest = argument[...]
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest.removeFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            guard let seconds = Self.units[String(unit)] else { return nil }
            rest.removeFirst(unit.count)
            total += .seconds(number * seconds)
        }
        duration = total
    }

    var defaultValueDescription: String { "\(duration.components.seconds)s" }

    private static let units = ["ms": 0.001, "s": 1, "m": 60, "h": 3_600]
}

/// `HOST:PORT`; IPv6 hosts in brackets.
struct HostAndPort: Equatable {
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self.host = host
        self.port = port
    }
}
