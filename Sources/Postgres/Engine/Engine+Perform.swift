// SPDX-License-Identifier: MIT
import Locks

extension Engine {
    /// Submits a unit and waits for its end; a cancelled task abandons the answer.
    func perform(_ unit: Unit) async throws(PostgresError) -> [PostgresRows] {
        let span = UnitSpan(unit, tracer)
        let result = await withTaskCancellationHandler {
            await settle(unit)
        } onCancel: {
            if unit.cancelBeganAfterSubmission() { post(.cancel(unit)) }
        }
        span?.end(result)
        return try result.get()
    }

    /// Submits a unit and waits for its end, also when the task is cancelled.
    func settle(_ unit: Unit) async -> UnitResult {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<UnitResult, Never>) in
            unit.completion = { continuation.resume(returning: $0) }
            // A task can be cancelled at any moment, also before this line: then nothing is sent. The reactor hears of a cancellation behind the
            // submission and never before, as until then the unit is this task's alone.
            unit.isCancelled = unit.isTaskCancelled
            post(.submit(unit))
            if unit.submissionFoundItCancelled() { post(.cancel(unit)) }
        }
    }

    /// A unit of those statements, with the default deadline where none is given.
    func unit(
        _ statements: [PostgresStatement], share: PostgresShare, deadline: Duration?, hold: Hold? = nil
    ) throws(PostgresError) -> Unit {
        if statements.isEmpty { throw PostgresError(.invalidRequest, .notDone, "a unit without statements") }
        for statement in statements {
            if let flaw = statement.flaw {
                throw PostgresError(.invalidRequest, .notDone, flaw).with(statement: statement.name)
            }
        }
        return Unit(.statements(statements), share: share, deadline: instant(after: deadline), hold: hold)
    }

    /// The instant so long from now.
    func instant(after deadline: Duration?) -> UInt64 {
        monotonicNow() &+ (deadline ?? configuration.defaultDeadline).wholeNanoseconds
    }
}
