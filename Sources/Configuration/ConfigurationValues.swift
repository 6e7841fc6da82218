// SPDX-License-Identifier: MIT

/// The settings of a program, each from the strongest source that gave it.
///
/// Asking for a setting that was not declared, or as another kind, is a mistake of the program and ends it.
public struct ConfigurationValues: Sendable {
    /// The kinds of sources, the weakest first.
    public enum Origin: Int, Sendable, Comparable {
        case fallback, file, environment, flag

        /// Whether `right` wins over `left`.
        public static func < (left: Origin, right: Origin) -> Bool { left.rawValue < right.rawValue }
    }

    struct Entry: Sendable {
        let value: ConfigurationValue
        let source: String
        let origin: Origin
    }

    let fields: [ConfigurationField]
    var entries: [String: Entry] = [:]

    /// A text; nil where it is unset.
    public func string(_ path: String) -> String? {
        guard let value = value(path) else { return nil }
        guard case .string(let text) = value else { preconditionFailure("\(path) is no text: it is \(value)") }
        return text
    }

    /// A whole number; nil where it is unset.
    public func int(_ path: String) -> Int? {
        guard let value = value(path) else { return nil }
        guard case .int(let number) = value else { preconditionFailure("\(path) is no whole number") }
        return number
    }

    /// A number; nil where it is unset.
    public func double(_ path: String) -> Double? {
        guard let value = value(path) else { return nil }
        guard case .double(let number) = value else { preconditionFailure("\(path) is no number") }
        return number
    }

    /// A truth; nil where it is unset.
    public func bool(_ path: String) -> Bool? {
        guard let value = value(path) else { return nil }
        guard case .bool(let truth) = value else { preconditionFailure("\(path) is neither true nor false") }
        return truth
    }

    /// A duration; nil where it is unset.
    public func duration(_ path: String) -> Duration? {
        guard let value = value(path) else { return nil }
        guard case .duration(let duration) = value else { preconditionFailure("\(path) is no duration") }
        return duration
    }

    /// Texts; empty where it is unset.
    public func strings(_ path: String) -> [String] {
        guard let value = value(path) else { return [] }
        guard case .strings(let texts) = value else { preconditionFailure("\(path) is no list") }
        return texts
    }

    /// Names with their values; empty where it is unset. Of a name that stands twice the last value counts.
    public func pairs(_ path: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for text in strings(path) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            pairs[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return pairs
    }

    /// What kind of source gave the value; nil where it is unset.
    public func origin(of path: String) -> Origin? { entries[path]?.origin }

    /// Which source gave the value: `fleet.yaml:12`, `NAVARCH_LISTEN`, `--listen` or `default`; nil where it is unset.
    public func source(of path: String) -> String? { entries[path]?.source }

    /// All settings with their sources, a line each; secrets are hidden.
    public func dump() -> String {
        fields.map { field in
            guard let entry = entries[field.path] else { return "\(field.path): (unset)" }
            return "\(field.path): \(field.isSecret ? "(hidden)" : entry.value.text)  # \(entry.source)"
        }.joined(separator: "\n")
    }

    private func value(_ path: String) -> ConfigurationValue? {
        precondition(fields.contains { $0.path == path }, "no setting is called \(path)")
        return entries[path]?.value
    }
}
