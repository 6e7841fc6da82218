// SPDX-License-Identifier: MIT
import Locks
import NavarchStore
import ServiceLifecycle

/// Calls of many callers that share transactions: while one batch is committed the next gathers, so that a commit's wait for the disk is paid
/// once for all of them, and a call that comes alone goes alone.
final class SharedCalls<Request: Sendable, Answer: Sendable>: Service {
    /// Answers a batch in one transaction, each request in its place. What it throws is everybody's answer.
    typealias Transaction = @Sendable ([Request]) async throws(StoreError) -> [Result<Answer, StoreError>]

    private struct Call: Sendable {
        let request: Request
        let continuation: CheckedContinuation<Result<Answer, StoreError>, Never>
    }

    private let operation: String
    private let batcher: Batcher<Call>

    /// Shared calls that have not started. `operation` is for errors; `afterwards` runs once a batch was answered, before its lane is free.
    init(
        _ operation: String, maxBatch: Int, lanes: Int, transaction: @escaping Transaction,
        afterwards: @escaping @Sendable ([Request]) async -> Void
    ) {
        self.operation = operation
        batcher = Batcher(capacity: 20_000, maxBatch: maxBatch, lanes: lanes, crowd: maxBatch / 2) { calls in
            await Self.answer(calls, transaction)
            await afterwards(calls.map(\.request))
        }
    }

    /// Joins the next batch and returns its part of the answer. Cancelling the caller does not take the request back.
    /// - Throws: what the transaction answers; `.overloaded`: too many wait (C7); `.unavailable`: shutting down.
    func answer(to request: Request) async throws(StoreError) -> Answer {
        let result = await withCheckedContinuation { continuation in
            switch batcher.add(Call(request: request, continuation: continuation)) {
            case .taken: break
            case .full:
                continuation.resume(
                    returning: .failure(StoreError(.overloaded, operation: operation, message: "too many calls wait")))
            case .closed:
                continuation.resume(
                    returning: .failure(StoreError(.unavailable, operation: operation, message: "shutting down")))
            }
        }
        return try result.get()
    }

    /// Answers batches until shutdown; what was taken is answered before it returns.
    func run() async throws { try await batcher.run() }

    private static func answer(_ calls: [Call], _ transaction: Transaction) async {
        do throws(StoreError) {
            let answers = try await transaction(calls.map(\.request))
            precondition(answers.count == calls.count, "every call of a batch gets one answer")
            for (call, answer) in zip(calls, answers) { call.continuation.resume(returning: answer) }
        } catch  where error.blamesARequest && calls.count > 1 {
            // One of them cannot be stored. Its neighbours must not suffer, and halving finds it in few steps.
            await Self.answer(Array(calls[..<(calls.count / 2)]), transaction)
            await Self.answer(Array(calls[(calls.count / 2)...]), transaction)
        } catch {
            for call in calls { call.continuation.resume(returning: .failure(error)) }
        }
    }
}

extension StoreError {
    /// Whether a request is at fault, and not the database: nothing was done, and another request may fare better.
    fileprivate var blamesARequest: Bool {
        switch code {
        case .notFound, .conflict, .stale, .refused, .corruptRow: true
        case .overloaded, .unavailable, .outcomeUnknown: false
        }
    }
}
