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
        /// Names with a value each: a YAML section, or `name=value` separated by commas elsewhere.
        case pairs
        /// Where to listen or to connect to, as `HostAndPort` reads it.
        case address
    }

    /// Where it stands in the file, e.g. `server.listen`.
    public let path: String
    /// What it may be.
    public let kind: Kind
    /// Its value where nothing sets it, spelled as in the environment; nil: it stays unset.
    public let fallback: String?
    /// The environment variable that sets it.
    public let environment: String?
    /// The option that sets it, without its dashes; nil: the last word of the path.
    public let flag: String?
    /// The program cannot run without it.
    public let isRequired: Bool
    /// Never shown; `file:PATH` stands for the content of a file.
    public let isSecret: Bool
    /// One line for documentation.
    public let summary: String

    /// Declares a setting.
    public init(
        _ path: String, _ kind: Kind, default fallback: String? = nil, environment: String? = nil,
        flag: String? = nil, isSecret: Bool = false, isRequired: Bool = false, _ summary: String
    ) {
        self.path = path
        self.kind = kind
        self.fallback = fallback
        self.environment = environment
        self.flag = flag
        self.isRequired = isRequired
        self.isSecret = isSecret
        self.summary = summary
    }
}

/// A setting's value.
public enum ConfigurationValue: Equatable, Sendable {
    /// `string`, `oneOf` and `address`.
    case string(String)
    /// `int`.
    case int(Int)
    /// `double`.
    case double(Double)
    /// `bool`.
    case bool(Bool)
    /// `duration`.
    case duration(Duration)
    /// `strings`, and `pairs` as `name=value`.
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

extension ConfigurationField {
    /// The option as people write it.
    public var option: String {
        "--"
            + (flag ?? path.split(separator: ".").last.map(String.init) ?? "").split(separator: "_").joined(
                separator: "-")
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
        case .pairs: "names with a value each"
        case .address: "HOST:PORT, or :PORT for every address of the machine"
        }
    }

    /// `texts` as pairs; nil where one has no name or no equals sign.
    static func pairs(_ texts: [String]) -> ConfigurationValue? {
        texts.allSatisfy { $0.dropFirst().contains("=") && !$0.hasPrefix("=") } ? .strings(texts) : nil
    }

    private static func parts(of text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
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
        case .strings: return .strings(Self.parts(of: text))
        case .pairs: return Self.pairs(Self.parts(of: text))
        case .address: return HostAndPort(text) == nil ? nil : .string(text)
        }
    }
}
