// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// Cleans up when this process is gone, however it went: a shell that waits for the end of a pipe and then runs a script.
///
/// The pipe's other end is this process's alone, so the system closes it even after SIGKILL.
final class Watchdog: Sendable {
    private let writing: Int32
    private let child: ChildProcess
    private let ended = Mutex(false)

    /// Starts the shell; `script` runs after the end, with `arguments` as `$1`, `$2` and so on.
    init(script: String, arguments: [String]) throws {
        let (reading, writing) = try pipePair(for: "watchdog")
        defer { close(reading) }
        self.writing = writing
        child = try ChildProcess.start(
            "/bin/sh", ["-c", "read -r _; \(script)", "watchdog"] + arguments, input: reading, detached: true)
    }

    /// Runs the script now and waits for its end.
    func finish() async {
        let first = ended.withLock { ended in
            defer { ended = true }
            return !ended
        }
        if first { close(writing) }
        _ = await child.wait()
    }

    deinit {
        if !ended.withLock({ $0 }) { close(writing) }
    }
}
