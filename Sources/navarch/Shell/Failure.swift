// SPDX-License-Identifier: MIT

/// Why a command of the CLI failed: what it exits with, what it says once on stderr, and what the user may try.
struct Failure: Error, Equatable, Sendable {
    /// What to exit with.
    var status: ExitStatus
    /// One or more lines; nil when everything was said already.
    var message: String?
    /// What to try next.
    var hint: String?

    /// A failure of `status`.
    init(_ status: ExitStatus, _ message: String?, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }
}
