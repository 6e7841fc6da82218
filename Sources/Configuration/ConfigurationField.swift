// SPDX-License-Identifier: MIT

/// One setting that a program has.
public struct ConfigurationField: Sendable {
    /// What a setting's value may be.
    public enum Kind: Sendable {
        /// Any text.
        case string
        /// One of these texts.
        case oneOf([String])
        /// A whole number within the range.
        case int(ClosedRange<Int>)
        /// A number within the range.
        case double(ClosedRange<Double>)
        /// `true` or `false`.
        case bool
        /// A duration within the range, as `GoDuration` reads it.
        case duration(ClosedRange<Duration>)
        /// Texts: a YAML list, or separated by commas elsewhere.
        case strings
    }

    /// Where it stands in the file, e.g. `server.listen`.
    public let path: String
    /// What it may be.
    public let kind: Kind
    /// Its value where nothing sets it, spelled as in the environment; nil: it stays unset.
    public let fallback: String?
    /// The environment variable that sets it.
    public let environment: String?
    /// Never shown; `file:PATH` stands for the content of a file.
    public let isSecret: Bool
    /// One line for documentation.
    public let summary: String

    /// Declares a setting.
    public init(
        _ path: String, _ kind: Kind, default fallback: String? = nil, environment: String? = nil,
        isSecret: Bool = false,
        _ summary: String
    ) {
        self.path = path
        self.kind = kind
        self.fallback = fallback
        self.environment = environment
        self.isSecret = isSecret
        self.summary = summary
    }
}

/// A setting's value.
public enum ConfigurationValue: Equatable, Sendable {
    /// `string` and `oneOf`.
    case string(String)
    /// `int`.
    case int(Int)
    /// `double`.
    case double(Double)
    /// `bool`.
    case bool(Bool)
    /// `duration`.
    case duration(Duration)
    /// `strings`.
    case strings([String])

    /// As `dump` shows it.
    var text: String {
        switch self {
        case .string(let value): value
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .duration(let value): GoDuration.text(value)
        case .strings(let values): values.joined(separator: ",")
        }
    }
}

extension ConfigurationField.Kind {
    /// What is accepted, in words.
    public var accepted: String {
        switch self {
        case .string: "text"
        case .oneOf(let values): "one of " + values.joined(separator: ", ")
        case .int(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .double(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .bool: "true or false"
        case .duration(let range):
            "a duration such as 30s, 5m or 1h30m, from \(GoDuration.text(range.lowerBound)) to \(GoDuration.text(range.upperBound))"
        case .strings: "a list of texts"
        }
    }

    /// Reads one text; nil where it is not accepted.
    func parse(_ text: String) -> ConfigurationValue? {
        switch self {
        case .string: return .string(text)
        case .oneOf(let values): return values.contains(text) ? .string(text) : nil
        case .int(let range): return Int(text).flatMap { range.contains($0) ? .int($0) : nil }
        case .double(let range): return Double(text).flatMap { range.contains($0) ? .double($0) : nil }
        case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .duration(let range): return GoDuration.parse(text).flatMap { range.contains($0) ? .duration($0) : nil }
        case .strings:
            return .strings(
                text.split(separator: ",").map { part in
                    String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                })
        }
    }
}
