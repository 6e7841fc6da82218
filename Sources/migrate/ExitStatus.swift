// SPDX-License-Identifier: MIT
import ArgumentParser
import Migrations

/// What a deploy script branches on. Numbers are never given another meaning.
enum ExitStatus {
    /// `status --check` and `plan --check`: steps wait to be run.
    static let pending: Int32 = 10

    static func code(of code: MigrationError.Code) -> Int32 {
        switch code {
        case .badRequest: 2
        case .drift: 11
        case .historyMismatch: 12
        case .oldReplicasLive: 13
        case .runnerBusy: 14
        case .tableBusy: 15
        case .statementFailed: 16
        case .unreachable: 17
        case .databaseNewer: 18
        case .interrupted: 19
        case .invalidFiles: 20
        case .notReversible: 21
        case .readOnly: 22
        case .notEmpty: 23
        }
    }

    private static let meanings: [(Int32, String)] = [
        (0, "done, or nothing to do"),
        (code(of: .badRequest), "a step that does not exist was asked for"),
        (pending, "--check: steps wait to be run"),
        (code(of: .drift), "drift: the database is not what the steps make"),
        (code(of: .historyMismatch), "a step was done from another file than this release has"),
        (code(of: .oldReplicasLive), "replicas live that the step would break; earlier steps are done"),
        (code(of: .runnerBusy), "another runner was at work for the whole --wait"),
        (code(of: .tableBusy), "a table's lock could not be had"),
        (code(of: .statementFailed), "a statement failed"),
        (code(of: .unreachable), "the database cannot be reached, or was lost on the way"),
        (code(of: .databaseNewer), "the database has left this release behind"),
        (code(of: .interrupted), "ended by a signal; run again to go on"),
        (code(of: .invalidFiles), "the files break a rule"),
        (code(of: .notReversible), "there is nothing that down may take back"),
        (code(of: .readOnly), "the server is a standby or read-only"),
        (code(of: .notEmpty), "baseline on a database with a history"),
        (64, "the command line is wrong"),
    ]

    /// For --help and the documentation.
    static var table: String {
        meanings.map { code, meaning in
            "\(String(repeating: " ", count: code < 10 ? 2 : 1))\(code)  \(meaning)"
        }.joined(separator: "\n")
    }
}
