// SPDX-License-Identifier: MIT
import Digest

/// One numbered step: what a file says, read and checked. Forward only, one concern, never edited once released (C23).
public struct MigrationFile: Equatable, Sendable {
    /// On which side of a release a step runs (C23).
    public enum Phase: String, Equatable, Sendable, Codable {
        /// Adds what newer binaries need; older ones run on. Before the roll-out.
        case expand
        /// Takes away what only older binaries need. After the roll-out, when none of them lives (C24).
        case contract
    }

    /// The place in the order, from 1 without gaps.
    public let number: Int32
    /// What follows the number in the file's name.
    public let name: String
    /// Before or after the roll-out.
    public let phase: Phase
    /// Whether the step is one transaction. `-- navarch:transaction no` says otherwise.
    public let transactional: Bool
    /// Contract steps: the highest schema that a binary must know to go on living (`schema_max` of its replica row).
    public let minimumBinary: Int32?
    /// What the step does.
    public let statements: [SQLStatement]
    /// What takes it back; nil when it states no undo.
    public let undo: [SQLStatement]?
    /// Lint rules that the file breaks on purpose, with its reasons.
    public let allowances: [String: String]
    /// Of the file's bytes.
    public let checksum: SHA256Digest
    /// The whole text.
    public let text: String

    /// `0007_add_zone.sql`.
    public var fileName: String { "\(Self.padded(number))_\(name).sql" }

    /// `0007_add_zone`, as people call a step.
    public var title: String { "\(Self.padded(number))_\(name)" }

    static func padded(_ number: Int32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// A mistake in a migration file, at its line.
public struct MigrationFileProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// From 1; 0 speaks of the file as a whole.
    public let line: Int
    /// What is wrong, and what is accepted.
    public let message: String

    /// `file:line: message`.
    public var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}
