// SPDX-License-Identifier: MIT
#if SANITIZE_THREAD
    import Glibc

    /// A lock around a value, as `Synchronization.Mutex`, made of a lock that the thread sanitizer knows.
    ///
    /// The standard library's lock is a futex word inside a library that is not instrumented: the sanitizer sees no order between two holders and reports
    /// every guarded value as a race (decision 0220). `make sanitize` defines `SANITIZE_THREAD`; no other build contains this.
    public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        private let lock: UnsafeMutablePointer<pthread_mutex_t>
        private let value: UnsafeMutablePointer<Value>

        /// A lock, open, around `initialValue`.
        public init(_ initialValue: consuming sending Value) {
            lock = .allocate(capacity: 1)
            lock.initialize(to: pthread_mutex_t())
            pthread_mutex_init(lock, nil)
            value = .allocate(capacity: 1)
            value.initialize(to: initialValue)
        }

        deinit {
            value.deinitialize(count: 1)
            value.deallocate()
            pthread_mutex_destroy(lock)
            lock.deinitialize(count: 1)
            lock.deallocate()
        }

        /// Runs `body` with the value while nobody else can have it. Not recursive.
        public borrowing func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            return try body(&value.pointee)
        }
    }
#else
    import Synchronization

    /// A lock around a value: the standard library's, except under the thread sanitizer, which does not see that one (decision 0220).
    public typealias Mutex<Value: ~Copyable> = Synchronization.Mutex<Value>
#endif
