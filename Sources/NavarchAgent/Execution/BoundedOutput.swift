// SPDX-License-Identifier: MIT

/// Keeps the beginning and the end of what a program writes: 32 KiB each, so that neither the first error nor the last word is lost.
struct BoundedOutput: Sendable {
    static let half = 32 << 10

    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var left = 0

    /// More was written than is kept.
    var isTruncated: Bool { left + tail.count > Self.half }

    /// Takes more. O(bytes), and a copy of the tail for every half that is full.
    mutating func append(_ bytes: some Collection<UInt8>) {
        let room = max(0, Self.half - head.count)
        head += bytes.prefix(room)
        tail += bytes.dropFirst(room)
        guard tail.count > 2 * Self.half else { return }
        left += tail.count - Self.half
        tail = Array(tail.suffix(Self.half))
    }

    /// What is kept, with a line where something is missing; invalid UTF-8 is replaced.
    var text: String {
        guard isTruncated else { return String(decoding: head + tail, as: UTF8.self) }
        let missing = left + tail.count - Self.half
        return String(decoding: head, as: UTF8.self) + "\n[… \(missing) bytes left out …]\n"
            + String(decoding: tail.suffix(Self.half), as: UTF8.self)
    }
}
