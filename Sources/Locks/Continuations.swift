// SPDX-License-Identifier: MIT
#if SANITIZE_THREAD
    /// Tells the sanitizer that what was released at this address happened before what follows; from its own runtime.
    @_silgen_name("__tsan_acquire")
    private func acquire(_ address: UnsafeRawPointer)

    /// A resumed task learns what its resumer did. The concurrency runtime releases at the task's address when a continuation is resumed, and acquires
    /// when the task is scheduled again, but not when the continuation was resumed before the task came to wait for it (decision 0220).
    private func learn() {
        withUnsafeCurrentTask { task in
            guard let task else { return }
            acquire(unsafeBitCast(task, to: UnsafeRawPointer.self))
        }
    }

    /// The standard library's, with the order that its runtime does not tell the sanitizer.
    public func withCheckedContinuation<Value>(
        isolation: isolated (any Actor)? = #isolation, function: String = #function,
        _ body: (CheckedContinuation<Value, Never>) -> Void
    ) async -> sending Value {
        let value = await _Concurrency.withCheckedContinuation(isolation: isolation, function: function, body)
        learn()
        return value
    }

    /// The standard library's, with the order that its runtime does not tell the sanitizer.
    public func withCheckedThrowingContinuation<Value>(
        isolation: isolated (any Actor)? = #isolation, function: String = #function,
        _ body: (CheckedContinuation<Value, any Error>) -> Void
    ) async throws -> sending Value {
        defer { learn() }
        return try await _Concurrency.withCheckedThrowingContinuation(
            isolation: isolation, function: function, body)
    }

    /// The standard library's, with the order that its runtime does not tell the sanitizer.
    public func withUnsafeContinuation<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: (UnsafeContinuation<Value, Never>) -> Void
    ) async -> sending Value {
        let value = await _Concurrency.withUnsafeContinuation(isolation: isolation, body)
        learn()
        return value
    }
#endif
