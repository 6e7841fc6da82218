// SPDX-License-Identifier: MIT
import Synchronization

/// Ids for calls whose clients sent none.
enum RequestID {
    /// The header that carries it, both ways.
    static let headerName = "x-request-id"

    private static let seed = UInt64.random(in: .min ... .max)
    private static let counter = Atomic<UInt64>(0)
    private static let hex = Array("0123456789abcdef".utf8)

    /// A new id: sixteen hexadecimal digits, never the same twice in a process and random between processes. Cheaper than
    /// asking the kernel for random bytes at every call.
    static func make() -> String {
        var value = seed &+ counter.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9e37_79b9_7f4a_7c15
        // The finisher of splitmix64: a bijection, so distinct counts stay distinct.
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        value ^= value >> 31
        return String(unsafeUninitializedCapacity: 16) { buffer in
            for index in 0..<16 { buffer[index] = hex[Int(value >> UInt64(60 - 4 * index) & 15)] }
            return 16
        }
    }

    /// True when a client's own id may be used: not empty, at most 128 visible ASCII characters.
    static func isSane(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 128 && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
