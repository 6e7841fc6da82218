// SPDX-License-Identifier: MIT
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Exit status of a process that a second signal ended at once: 128 + SIGINT, as shells report it.
private let interruptedStatus: Int32 = 130

/// Runs the services; the first SIGTERM or SIGINT begins the graceful shutdown, a second one ends the process at once and non-zero.
func runUntilSignalled(_ group: ServiceGroup, _ logger: Logger) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            var isShuttingDown = false
            for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                guard !isShuttingDown else {
                    logger.critical("second signal: ending at once", metadata: ["signal": "\(signal)"])
                    exit(interruptedStatus)
                }
                isShuttingDown = true
                logger.info("shutting down", metadata: ["signal": "\(signal)"])
                await group.triggerGracefulShutdown()
            }
        }
        tasks.addTask { try await group.run() }
        defer { tasks.cancelAll() }
        // The signals' task never ends before the services do.
        try await tasks.next()
    }
}
