// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// An agent's directory, held by one process at a time.
public final class StateDirectory: Sendable {
    /// Where it is.
    public let path: String
    private let lock: Int32

    /// Makes the directory when it is not there, readable by its owner alone, and locks it until this object is gone.
    /// - Throws: `.locked` when another process holds it.
    public init(path: String) throws(JournalError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw JournalError(code: .io, operation: "make state directory \(path)", detail: error.localizedDescription)
        }
        let file = path + "/lock"
        lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .system("open \(file)") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let error = JournalError.system("lock \(file)", isHeld ? .locked : .io)
            close(lock)
            guard isHeld else { throw error }
            throw JournalError(
                code: .locked, operation: "lock \(file)", detail: "another agent uses this state directory")
        }
    }

    deinit { close(lock) }

    /// The journal kept here.
    public func journalStorage() throws(JournalError) -> some JournalStorage {
        try JournalFile(directory: self)
    }
}

/// A journal as a file, synced at every step.
final class JournalFile: JournalStorage {
    private struct State {
        var descriptor: Int32
        /// Bytes that are whole and durable.
        var length: Int
        var isPoisoned = false
    }

    /// Held so that the lock outlives the file.
    private let directory: StateDirectory
    private let state: Mutex<State>
    private var path: String { directory.path + "/journal" }

    init(directory: StateDirectory) throws(JournalError) {
        self.directory = directory
        let descriptor = try Self.open(directory.path + "/journal")
        state = Mutex(State(descriptor: descriptor, length: 0))
        try Self.syncDirectory(directory.path)
    }

    deinit { state.withLock { _ = close($0.descriptor) } }

    func load() throws(JournalError) -> [UInt8] {
        try state.withLock { (state) throws(JournalError) in
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = pread(state.descriptor, &buffer, buffer.count, off_t(bytes.count))
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw .system("read \(path)") }
                if count == 0 { break }
                bytes += buffer[0..<count]
            }
            state.length = bytes.count
            return bytes
        }
    }

    func append(_ bytes: [UInt8]) throws(JournalError) {
        try state.withLock { (state) throws(JournalError) in
            try refuseIfPoisoned(state)
            do throws(JournalError) {
                try Self.write(bytes, to: state.descriptor, at: state.length, path)
            } catch {
                // A full disk: what was half written goes, and the next try starts clean. When even that fails, decoding finds a torn tail.
                _ = ftruncate(state.descriptor, off_t(state.length))
                throw error
            }
            try sync(&state)
            state.length += bytes.count
        }
    }

    func cut(to length: Int) throws(JournalError) {
        try state.withLock { (state) throws(JournalError) in
            try refuseIfPoisoned(state)
            guard ftruncate(state.descriptor, off_t(length)) == 0 else { throw .system("cut \(path)") }
            try sync(&state)
            state.length = length
        }
    }

    func replace(with bytes: [UInt8]) throws(JournalError) {
        try state.withLock { (state) throws(JournalError) in
            try refuseIfPoisoned(state)
            let fresh = path + ".new"
            _ = unlink(fresh)
            let descriptor = try Self.open(fresh)
            do throws(JournalError) {
                try Self.write(bytes, to: descriptor, at: 0, fresh)
                guard fsync(descriptor) == 0 else { throw JournalError.system("sync \(fresh)") }
                guard rename(fresh, path) == 0 else { throw JournalError.system("rename \(fresh)") }
            } catch {
                close(descriptor)
                throw error
            }
            close(state.descriptor)
            state.descriptor = descriptor
            state.length = bytes.count
            try Self.syncDirectory(directory.path)
        }
    }

    func setAside() throws(JournalError) {
        let aside = path + ".damaged-" + UUID().uuidString.lowercased()
        try state.withLock { (state) throws(JournalError) in
            guard rename(path, aside) == 0 else { throw .system("rename \(path)") }
            close(state.descriptor)
            state.descriptor = try Self.open(path)
            state.length = 0
            try Self.syncDirectory(directory.path)
        }
    }

    private func refuseIfPoisoned(_ state: State) throws(JournalError) {
        guard !state.isPoisoned else {
            throw JournalError(
                code: .poisoned, operation: "write \(path)", detail: "an earlier sync failed; restart the agent")
        }
    }

    /// After a failed sync the kernel may have dropped the pages and say yes the next time, so nothing is written any more.
    private func sync(_ state: inout State) throws(JournalError) {
        guard fdatasync(state.descriptor) == 0 else {
            state.isPoisoned = true
            throw .system("sync \(path)", .poisoned)
        }
    }

    private static func open(_ path: String) throws(JournalError) -> Int32 {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open \(path)") }
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, at start: Int, _ path: String)
        throws(JournalError)
    {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(start + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system("write \(path)") }
            written += count
        }
    }

    /// Makes a new or renamed file's name durable.
    private static func syncDirectory(_ path: String) throws(JournalError) {
        let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("sync \(path)") }
    }
}
