// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// A program could not be found or started, or ended otherwise than it should.
public struct ChildProcessError: Error, CustomStringConvertible {
    /// The program's name or path.
    public let program: String
    /// What went wrong, with the program's own words where it said some.
    public let message: String

    /// One line for the test's log.
    public var description: String { "\(program): \(message)" }

    /// An error of `program`.
    public init(program: String, message: String) {
        self.program = program
        self.message = message
    }
}

/// A program started by a test: its output is kept as lines, it can be signalled and waited for.
///
/// Foundation's `Process` is not used: it hands open descriptors down, and its wait hangs when a daemon keeps them.
public final class ChildProcess: Sendable {
    /// How a program ended.
    public enum Exit: Equatable, Sendable {
        /// It returned or called exit with this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    fileprivate struct State {
        var lines: [String] = []
        var partial: [UInt8] = []
        var outputEnded = false
        var exit: Exit?
        var waiters: [CheckedContinuation<Exit, Never>] = []
    }

    /// The process id.
    public let pid: pid_t
    /// Name or path as it was given.
    public let program: String
    private let state = Mutex(State())

    private init(pid: pid_t, program: String) {
        self.pid = pid
        self.program = program
    }

    /// Starts `program` (a path, or a name looked up in PATH) with standard output and error captured together.
    ///
    /// Nothing of this process is handed down but `input`; signals are as a shell would set them.
    /// - Parameters:
    ///   - environment: the whole environment; nil hands down this process's own.
    ///   - input: a descriptor that becomes standard input; nil is /dev/null.
    ///   - detached: gives it a session of its own, so that ^C at the terminal does not reach it.
    public static func start(
        _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, directory: String? = nil,
        input: Int32? = nil, detached: Bool = false
    ) throws -> ChildProcess {
        let (reading, writing) = try pipePair(for: program)
        defer { close(writing) }
        let setup = SpawnSetup(output: writing, input: input, directory: directory, detached: detached)
        let environment = environment ?? ProcessInfo.processInfo.environment
        let pid: pid_t
        do {
            pid = try setup.spawn(program, arguments, environment)
        } catch {
            close(reading)
            throw error
        }
        let child = ChildProcess(pid: pid, program: program)
        // Two threads of its own: both calls block, for as long as the program runs, and must not hold a task's thread.
        Thread.detachNewThread { child.collectOutput(from: reading) }
        Thread.detachNewThread { child.collectExit() }
        return child
    }

    /// Runs `program` to its end and returns its output.
    /// - Throws: `ChildProcessError` with that output when it did not end with code 0.
    @discardableResult
    public static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, directory: String? = nil
    ) async throws -> [String] {
        let child = try start(program, arguments, environment: environment, directory: directory)
        let exit = await child.wait()
        try await eventually(within: .seconds(5), every: .milliseconds(2), "end of output of \(program)") {
            child.outputEnded
        }
        guard exit == .code(0) else {
            throw ChildProcessError(
                program: program, message: "ended with \(exit): \(child.output.suffix(20).joined(separator: "\n"))")
        }
        return child.output
    }

    /// The lines written so far to standard output and error.
    public var output: [String] { state.withLock { $0.lines } }

    /// Whether nothing holds the program's output open any more.
    public var outputEnded: Bool { state.withLock { $0.outputEnded } }

    /// How it ended; nil while it runs.
    public var exit: Exit? { state.withLock { $0.exit } }

    /// Whether it still runs.
    public var isRunning: Bool { exit == nil }

    /// Sends `signal`, unless the program has ended (its number may be another's by then).
    public func signal(_ signal: Int32) {
        state.withLock { state in
            if state.exit == nil { kill(pid, signal) }
        }
    }

    /// Waits until the program ended.
    public func wait() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// Sends `signal` and waits for the end; after `grace` it sends SIGKILL.
    @discardableResult
    public func end(with signal: Int32 = SIGTERM, grace: Duration = .seconds(10)) async -> Exit {
        self.signal(signal)
        do {
            try await eventually(within: grace, every: .milliseconds(5)) { !self.isRunning }
        } catch {
            self.signal(SIGKILL)
        }
        return await wait()
    }

    /// Waits for a line that holds `text` and returns it.
    /// - Throws: `ChildProcessError` when the program ends first, `NotEventually` when time is up.
    @discardableResult
    public func line(containing text: String, within timeout: Duration = .seconds(20)) async throws -> String {
        var found: String?
        var ended = false
        try await eventually(within: timeout, "a line with \"\(text)\" from \(program)") {
            ended = self.outputEnded
            found = self.output.first { $0.contains(text) }
            return found != nil || ended
        }
        guard let found else {
            throw ChildProcessError(
                program: program, message: "ended without \"\(text)\": \(output.suffix(20).joined(separator: "\n"))")
        }
        return found
    }

    private func collectOutput(from descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            state.withLock { $0.append(buffer[0..<count]) }
        }
        close(descriptor)
        state.withLock { $0.finishOutput() }
    }

    private func collectExit() {
        // Waits without reaping, so that `signal` cannot hit a number that was given away meanwhile.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let waiters = state.withLock { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            let ending = status & 0x7F
            let exit = ending == 0 ? Exit.code((status >> 8) & 0xFF) : Exit.signal(ending)
            state.exit = exit
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        for waiter in waiters.1 { waiter.resume(returning: waiters.0) }
    }
}

extension ChildProcess.State {
    fileprivate mutating func append(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: partial, as: UTF8.self))
                partial.removeAll(keepingCapacity: true)
            } else {
                partial.append(byte)
            }
        }
    }

    fileprivate mutating func finishOutput() {
        if !partial.isEmpty { lines.append(String(decoding: partial, as: UTF8.self)) }
        partial = []
        outputEnded = true
    }
}
