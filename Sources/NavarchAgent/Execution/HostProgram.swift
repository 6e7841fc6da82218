// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// Runs one of the operator's programs in a process group of its own, with its output captured, and ends the whole group when asked.
struct HostProgram: Sendable {
    /// How a program ended.
    struct End: Sendable {
        /// Exit status; 128 + number for a signal, as shells say it.
        var code: Int32
        var output: String
        var isTruncated: Bool
        /// It was told to stop.
        var wasStopped: Bool
    }

    /// The program and its arguments.
    let command: [String]
    /// The whole environment.
    let environment: [String: String]
    /// How long it may take to end by itself after SIGTERM.
    var grace = Duration.seconds(10)

    /// Runs it to its end. Cancellation sends SIGTERM to its group, and SIGKILL after the grace.
    /// - Throws: `ProgramError` when it could not be started.
    func run(onLine: @escaping @Sendable (String) -> Void = { _ in }) async throws -> End {
        let process = try RunningProgram(command: command, environment: environment)
        return await withTaskCancellationHandler {
            await process.end(onLine: onLine)
        } onCancel: {
            process.stop(grace: grace)
        }
    }
}

/// A program could not be started.
struct ProgramError: Error, CustomStringConvertible {
    let description: String
}

// Swift's module of glibc leaves it out; where it is missing, only descriptors marked so are closed.
private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
private let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
    unsafeBitCast($0, to: CloseFrom.self)
}

/// A started process group.
private final class RunningProgram: Sendable {
    private struct State {
        var status: Int32?
        var wasStopped = false
    }

    private let pid: pid_t
    private let output: Int32
    private let state = Mutex(State())

    init(command: [String], environment: [String: String]) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ProgramError(description: "no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = ends[0]
        defer { close(ends[1]) }
        do {
            pid = try Self.spawn(command, environment, output: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
    }

    private static func spawn(_ command: [String], _ environment: [String: String], output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        _ = closeFrom?(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, command[0], &actions, &attributes, &argv, &envp)
        guard status == 0 else {
            throw ProgramError(description: "\(command[0]): \(String(cString: strerror(status)))")
        }
        return pid
    }

    /// Waits on a thread of its own: the calls block for as long as the program runs, and must not hold a task's thread.
    func end(onLine: @escaping @Sendable (String) -> Void) async -> HostProgram.End {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.collect(onLine)) }
        }
    }

    private func collect(_ onLine: (String) -> Void) -> HostProgram.End {
        var kept = BoundedOutput()
        var lines = LineSplitter()
        while true {
            let isMore = read(into: &kept, &lines, onLine)
            let hasEnded = reap()
            // A daemon that it left behind may hold the pipe for good: what is there is read, and then it is left alone.
            if !isMore || hasEnded { break }
        }
        while state.withLock({ $0.status == nil }) {
            if !reap() { usleep(2_000) }
        }
        close(output)
        let (status, wasStopped) = state.withLock { ($0.status ?? 0, $0.wasStopped) }
        return HostProgram.End(code: status, output: kept.text, isTruncated: kept.isTruncated, wasStopped: wasStopped)
    }

    /// Reads what is there, waiting 20 ms for more; false at the end of the output.
    private func read(into kept: inout BoundedOutput, _ lines: inout LineSplitter, _ onLine: (String) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var readsAfterEnd = 64  // A pipe holds four of these; what comes later is not the program's own.
        while readsAfterEnd > 0 {
            var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 20) > 0 else { return true }
            let count = Foundation.read(output, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            kept.append(buffer[0..<count])
            for line in lines.take(buffer[0..<count]) { onLine(line) }
            if reap() { readsAfterEnd -= 1 }
        }
        return true
    }

    /// True once the program has ended. Under the lock, so that a signal never goes to a number that was given away.
    private func reap() -> Bool {
        state.withLock { state in
            if state.status != nil { return true }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return false }
            let signal = status & 0x7F
            state.status = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            // Whatever it left in its group while it was being stopped goes with it.
            if state.wasStopped { kill(-pid, SIGKILL) }
            return true
        }
    }

    func stop(grace: Duration) {
        let isRunning = state.withLock { state in
            guard state.status == nil else { return false }
            state.wasStopped = true
            kill(-pid, SIGTERM)
            return true
        }
        guard isRunning else { return }
        let milliseconds = Int(grace.components.seconds * 1_000 + grace.components.attoseconds / 1_000_000_000_000_000)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
            self.state.withLock { state in
                if state.status == nil { kill(-self.pid, SIGKILL) }
            }
        }
    }
}

/// Cuts output into lines of at most 4 KiB.
struct LineSplitter {
    private static let longest = 4_096
    private var partial: [UInt8] = []

    /// The lines that are complete with these bytes.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: partial, as: UTF8.self))
                partial = []
            } else if partial.count < Self.longest {
                partial.append(byte)
            }
        }
        return lines
    }
}
