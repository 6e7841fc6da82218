// SPDX-License-Identifier: MIT
import Foundation
import Locks
import Testing

@testable import NavarchAgent

/// A directory that goes when the test is over.
func withScratch<R>(_ body: (String) throws -> R) throws -> R {
    let path = try makeScratch()
    defer { removeScratch(path) }
    return try body(path)
}

/// A directory that goes when the test is over.
func withScratch<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = try makeScratch()
    defer { removeScratch(path) }
    return try await body(path)
}

private func makeScratch() throws -> String {
    let path = NSTemporaryDirectory() + "navarch-agent-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

private func removeScratch(_ path: String) {
    do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
}

/// Storage that can be full.
final class FullDisk: JournalStorage {
    let isFull = Mutex(false)
    private let memory = MemoryJournalStorage()

    func load() throws(JournalError) -> [UInt8] { memory.load() }
    func append(_ bytes: [UInt8]) throws(JournalError) {
        if isFull.withLock({ $0 }) { throw JournalError(code: .io, operation: "write", detail: "no space left") }
        memory.append(bytes)
    }
    func cut(to length: Int) throws(JournalError) { memory.cut(to: length) }
    func replace(with bytes: [UInt8]) throws(JournalError) { memory.replace(with: bytes) }
    func setAside() throws(JournalError) { memory.setAside() }
}
