// SPDX-License-Identifier: MIT

import Foundation

/// Where the CLI writes and whom it asks.
struct Terminal: Sendable {
    /// Writes to standard output.
    let out: @Sendable (String) -> Void
    /// Writes to standard error.
    let err: @Sendable (String) -> Void
    /// Asks a question and returns the answer; nil when there is nobody to ask.
    let ask: @Sendable (_ question: String) -> String?

    /// One line of results.
    func line(_ text: String) { out(text + "\n") }

    /// One line for people beside the results: progress, warnings, hints.
    func note(_ text: String) { err(text + "\n") }

    /// The process's own streams. Nobody is asked unless standard input is a terminal.
    static func standard() -> Terminal {
        Terminal(
            out: { write($0, to: STDOUT_FILENO) },
            err: { write($0, to: STDERR_FILENO) },
            ask: { question in
                guard isatty(STDIN_FILENO) == 1 else { return nil }
                write(question, to: STDERR_FILENO)
                return readLine() ?? ""
            })
    }

    /// Writes everything. A reader that went away ends the program quietly, as in `navarch nodes list | head -1`.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                exit(ExitStatus.failure.rawValue)
            }
            rest = rest.dropFirst(count)
        }
    }
}
