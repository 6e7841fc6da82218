// SPDX-License-Identifier: MIT
import Dispatch
import Foundation
import Migrations
import Synchronization

/// SIGTERM and SIGINT: the first asks the run to end between two statements, the second ends the process.
enum Signals {
    /// Runs `body` with both signals caught.
    static func stopping<R>(_ stop: StopSignal, _ body: () async throws -> R) async throws -> R {
        let sources = [SIGTERM, SIGINT].map { source($0, stop) }
        defer { for source in sources { source.cancel() } }
        return try await body()
    }

    private static func source(_ number: Int32, _ stop: StopSignal) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        let count = Counter()
        source.setEventHandler {
            if count.next() > 1 { _exit(128 + number) }
            stop.set()
            Console.error("migrate: a signal came; ending after this statement (send it again to end at once)")
        }
        source.resume()
        return source
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }
}
