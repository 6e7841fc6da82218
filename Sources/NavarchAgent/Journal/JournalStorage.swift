// SPDX-License-Identifier: MIT

/// Where a journal's bytes are kept.
public protocol JournalStorage: Sendable {
    /// All bytes, as the last `append`, `cut` or `replace` left them.
    func load() throws(JournalError) -> [UInt8]
    /// Adds bytes; they are durable when it returns.
    func append(_ bytes: [UInt8]) throws(JournalError)
    /// Cuts everything behind the first `length` bytes off; durable when it returns.
    func cut(to length: Int) throws(JournalError)
    /// Puts `bytes` in place of everything, or leaves everything as it was; durable when it returns.
    func replace(with bytes: [UInt8]) throws(JournalError)
    /// Puts damaged bytes where somebody can look at them, and starts empty.
    func setAside() throws(JournalError)
}
