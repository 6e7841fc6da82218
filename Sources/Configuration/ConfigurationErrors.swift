// SPDX-License-Identifier: MIT

/// One mistake, and where it was made.
public struct ConfigurationMistake: Error, Equatable, Sendable, CustomStringConvertible {
    /// `fleet.yaml:12`, `NAVARCH_LISTEN`, `--listen`.
    public let source: String
    /// The setting; empty where the mistake is in the file's form.
    public let path: String
    /// What is wrong, and what is accepted.
    public let message: String

    /// A mistake of `path` in `source`.
    public init(source: String, path: String, message: String) {
        self.source = source
        self.path = path
        self.message = message
    }

    /// One line.
    public var description: String { path.isEmpty ? "\(source): \(message)" : "\(source): \(path): \(message)" }
}

/// All mistakes of all sources.
public struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
    /// At least one.
    public let mistakes: [ConfigurationMistake]

    /// These mistakes.
    public init(mistakes: [ConfigurationMistake]) { self.mistakes = mistakes }

    /// A line each.
    public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}
