// SPDX-License-Identifier: MIT
import Foundation

/// The journal or its directory failed.
public struct JournalError: Error, CustomStringConvertible {
    /// What to branch on.
    public enum Code: Sendable, Equatable {
        /// Another process works in the state directory.
        case locked
        /// A file could not be read, written or made durable; what is on disk is as before.
        case io
        /// A sync failed once: nobody knows what is on disk, so nothing is written any more until a restart.
        case poisoned
        /// The step is not allowed in the entry's stage.
        case illegalStep
    }

    /// What to branch on.
    public let code: Code
    /// What was being done.
    public let operation: String
    /// In the system's words.
    public let detail: String

    /// One line for the log.
    public var description: String { "\(operation): \(detail)" }

    /// An error with the text of the current `errno`.
    static func system(_ operation: String, _ code: Code = .io) -> JournalError {
        JournalError(code: code, operation: operation, detail: String(cString: strerror(errno)))
    }
}
