// SPDX-License-Identifier: MIT
import Synchronization

/// How a unit ended.
typealias UnitResult = Result<[PostgresRows], PostgresError>

/// One or more statements under one Sync, on their way through the engine; or the wait for a connection of one's own.
///
/// Made on any thread; once submitted, touched by the reactor's thread alone until it is completed. Only its stage is everybody's.
final class Unit: @unchecked Sendable {  // See above: handed over through the mailbox's lock.
    enum Work {
        /// Statements that succeed or fail together.
        case statements([PostgresStatement])
        /// A statement to be prepared, in a Sync of its own so that its failure is its own.
        case prepare(PreparedStatement)
        /// Nothing to send: a connection is to be held alone.
        case hold(Hold)
    }

    /// How far the unit and its task's cancellation have come, whichever is first.
    private enum Stage {
        static let new = 0
        static let submitted = 1
        static let cancelled = 2
    }

    private let stage = Atomic(Stage.new)

    private(set) var work: Work
    let share: PostgresShare
    /// Where a transaction's statements go; nil for the pool.
    let hold: Hold?
    /// When the caller has to have an answer, on the monotonic clock.
    let deadline: UInt64
    /// Set before submission, nil once called.
    var completion: (@Sendable (UnitResult) -> Void)?

    /// When it was submitted, and when it was sent; 0 before.
    var queuedAt: UInt64 = 0
    var sentAt: UInt64 = 0
    var isCancelled = false
    /// Its deadline passed while it was on its way.
    var isPastDeadline = false
    /// Statements of ours before the caller's own; their results are not the caller's.
    private var leading = 0
    /// Whether it was put aside or answered, so that queues may drop it.
    var isResolved: Bool { completion == nil }

    var results: [PostgresRows] = []
    /// The group's first error (C5).
    var error: PostgresError?
    /// The server warned that it did not wait for the standby: the commit is in doubt (C8).
    var isDoubtful = false
    var usesNames = false
    var isRetried = false

    init(_ work: Work, share: PostgresShare, deadline: UInt64, hold: Hold? = nil) {
        self.work = work
        self.share = share
        self.deadline = deadline
        self.hold = hold
    }

    /// Whether the task was cancelled by now.
    var isTaskCancelled: Bool { stage.load(ordering: .acquiring) == Stage.cancelled }

    /// The task was cancelled. True when the unit was submitted before: then the reactor has to be told, and else the submission will tell it.
    func cancelBeganAfterSubmission() -> Bool {
        stage.exchange(Stage.cancelled, ordering: .acquiringAndReleasing) == Stage.submitted
    }

    /// The unit was handed to the reactor. True when its task was cancelled before.
    func submissionFoundItCancelled() -> Bool {
        stage.exchange(Stage.submitted, ordering: .acquiringAndReleasing) == Stage.cancelled
    }

    /// Tells the caller, once. Called on the reactor's thread.
    func complete(_ result: UnitResult) {
        guard let completion else { return }
        self.completion = nil
        completion(result)
    }

    var statements: [PostgresStatement] {
        if case .statements(let statements) = work { statements } else { [] }
    }

    /// Puts a statement of ours before the caller's.
    func lead(with statement: PostgresStatement) {
        work = .statements([statement] + statements)
        leading += 1
    }

    /// The results of the caller's statements.
    var answer: [PostgresRows] { leading == 0 ? results : Array(results.dropFirst(leading)) }

    /// What became of it when its connection was lost, or its deadline passed, after it was sent.
    var outcomeUnanswered: PostgresError.Outcome {
        // Its transaction's COMMIT was not sent yet: nothing of it can last.
        if let hold, !hold.isCommitting { return .notDone }
        // The first result showed an error: the rest is rolled back whatever follows.
        return error == nil ? .unknown : .notDone
    }
}

/// A connection that one transaction holds alone. Touched by the reactor's thread alone, but for `isCommitting`.
// Unchecked: see above; isCommitting is set by the only task that uses it, before it submits.
final class Hold: @unchecked Sendable {
    /// Granted and alive; weak, since the engine owns connections.
    weak var connection: Connection?
    var isReleased = false
    /// Sent before the first unit, under the same Sync.
    var begin: PostgresStatement?
    var isCommitting = false
}
