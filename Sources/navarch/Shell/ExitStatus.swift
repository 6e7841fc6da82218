// SPDX-License-Identifier: MIT

import Connect

/// What `navarch` exits with. The numbers are a promise to scripts; docs/cli.md and `navarch --help` list them.
enum ExitStatus: Int32, CaseIterable, Sendable {
    /// Done.
    case ok = 0
    /// It failed in a way that no other status describes.
    case failure = 1
    /// The command line, the configuration file or a value is wrong. Nothing was done.
    case usage = 2
    /// What was named does not exist, or the selector matches nothing.
    case notFound = 3
    /// The control plane refused: wrong token, no permission, or the state forbids it.
    case refused = 4
    /// No answer in time, or the control plane cannot answer now. Nothing was done.
    case unreachable = 5
    /// The command that was waited for ended without success.
    case commandFailed = 6
    /// Nobody can tell whether it took effect. Repeat with the same idempotency key, or look.
    case outcomeUnknown = 7
    /// The command that was waited for was still under way when the time was over.
    case stillRunning = 8
    /// Interrupted at the keyboard; the command goes on.
    case interrupted = 130

    /// What the status means, in a few words, for `--help`.
    var meaning: String {
        switch self {
        case .ok: "done"
        case .failure: "failed"
        case .usage: "wrong arguments, configuration or value; nothing was done"
        case .notFound: "no such node, command or instance; nothing selected"
        case .refused: "refused: token, permission, or the present state forbids it"
        case .unreachable: "no answer from the control plane; nothing was done"
        case .commandFailed: "--wait: the command ended without success"
        case .outcomeUnknown: "nobody can tell whether it took effect"
        case .stillRunning: "--wait: still under way when --timeout was over"
        case .interrupted: "interrupted; the command goes on"
        }
    }

    /// The status for a call that failed with `code`.
    init(_ code: RPCCode) {
        switch code {
        case .invalidArgument, .outOfRange: self = .usage
        case .notFound: self = .notFound
        case .failedPrecondition, .permissionDenied, .unauthenticated, .alreadyExists, .aborted: self = .refused
        case .unavailable, .deadlineExceeded, .resourceExhausted: self = .unreachable
        case .canceled, .unknown, .unimplemented, .internalError, .dataLoss: self = .failure
        }
    }
}
