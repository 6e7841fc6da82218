// SPDX-License-Identifier: MIT
import Locks

/// A journal's bytes in memory: for simulated agents, whose journal ends with their process.
public final class MemoryJournalStorage: JournalStorage {
    private let bytes: Mutex<[UInt8]>

    /// Storage that holds `bytes` already.
    public init(_ bytes: [UInt8] = []) { self.bytes = Mutex(bytes) }

    /// All bytes.
    public func load() -> [UInt8] { bytes.withLock { $0 } }
    /// Adds bytes.
    public func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
    /// Keeps the first `length` bytes.
    public func cut(to length: Int) { bytes.withLock { $0 = Array($0.prefix(length)) } }
    /// Puts `fresh` in place of everything.
    public func replace(with fresh: [UInt8]) { bytes.withLock { $0 = fresh } }
    /// Starts empty.
    public func setAside() { bytes.withLock { $0 = [] } }
}
